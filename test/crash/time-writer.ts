/** A process that appends to the time index until it is killed. Run by time-kill.test.ts: node time-writer.ts FILE */
import { TimeBench, timedEvents, timings } from '../stores/sqlite/time-bench.ts'

const bench = new TimeBench(process.argv[2] ?? '', 512)
for (let batch = 0; ; batch++) {
  const timing = timings[batch % timings.length] ?? 'anywhere'
  bench.append(timedEvents({ timing, count: 30, topics: 5, seed: bench.lastSeq }, bench.lastSeq + 1))
  process.stdout.write(`${bench.lastSeq}\n`)
}
