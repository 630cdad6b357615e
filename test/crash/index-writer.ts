/** A process that appends to the dedup index until it is killed. Run by index-kill.test.ts: node index-writer.ts FILE */
import { IndexBench, newKeys } from '../stores/sqlite/index-bench.ts'

const bench = new IndexBench(7, process.argv[2])
for (;;) {
  const known = bench.keys.slice(Math.floor(Math.random() * bench.keys.length)).slice(0, 10)
  bench.append([...newKeys(30), ...known])
  process.stdout.write(`${bench.keys.length}\n`)
}
