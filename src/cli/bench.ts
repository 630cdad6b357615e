/** `sekali bench`: how fast a server is on this machine, by events a batch; and the proof that the run was real. */
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { idKinds } from './bench-events.ts'
import { thisMachine } from './bench-machine.ts'
import { type BenchFlags, parseBenchFlags } from './bench-options.ts'
import { allFaults, type BenchReport, reportCsv, reportJson, reportText } from './bench-report.ts'
import { rowsOf } from './bench-rows.ts'
import { runBench } from './bench-run.ts'
import { reportSvg } from './bench-svg.ts'
import { acceptClosedPipes } from './closed-pipes.ts'
import { exitCode } from './exit-code.ts'
import { addHelp } from './help.ts'
import { listenForStop } from './stop-signal.ts'
import { TerminalLine } from './terminal-line.ts'

export function addBenchCommand(program: Command): void {
  const command = program
    .command('bench')
    .description('measure how many events a second a server stores, by events a batch')
    .option('--url <URL>', 'a running server (default: its own, a process on a free port)')
    .option('--store <URL>', 'of its own server: sqlite:PATH or memory: (default: a temporary SQLite file)')
    .option('--sizes <LIST>', 'events a batch', '1,10,50,100,200,500,1000')
    .option('--connections <N>', 'requests at the same time (default 64 at size 1, 8 up to 100, 4 above)')
    .option('--duration <SECONDS>', 'of each measurement', '3')
    .option('--repeat <N>', 'measurements of each size; the median is shown', '1')
    .option('--duplicates <RATIO>', 'share of events that were sent before, 0 to 1', '0')
    .option('--payload <BYTES>', 'size of a payload; 150 makes an event of about 280', '150')
    .option('--ids <KIND>', idKinds.join(', '), 'uuid4')
    .option('--topics <N>', 'topics that the events go round', '10')
    .option('--seed <N>', 'of the ids and of which events are duplicates', '1')
    .option('--json', 'print JSON instead of the table')
    .option('--csv <FILE>', 'write the table as CSV too')
    .option('--svg <FILE>', 'draw it: throughput and latency against batch size')
    .action(async (flags: BenchFlags) => {
      process.exitCode = await bench(flags)
    })
  addHelp(command, {
    examples: [
      'sekali bench',
      'sekali bench --sizes 1,100,1000 --duration 10 --repeat 5 --svg throughput.svg',
      'sekali bench --duplicates 0.5 --ids uuid7 --csv throughput.csv',
      'sekali bench --url http://127.0.0.1:8080 --json',
    ],
    notes,
  })
}

const notes = `
Every measurement has a new server (unless --url), and a warm-up of up to a
second that does not count. Requests are made ahead, so that making them does
not count; an event counts when the server has acknowledged it, which it does
when the event is durable. Latency is from sending a request until its answer is
there.

The run proves itself: sent = unique + duplicates + refused (answered 429 or
503), unique is what the batches held, and the server's own counters say the
same.
Without --url nothing stays on this machine, except in a --store that is given.
With --url the events stay on that server, under topics named bench.*

Exit codes: 0 the numbers add up; 1 they do not, or the server is away;
2 wrong options; 130 stopped by Ctrl-C.`

async function bench(flags: BenchFlags): Promise<number> {
  const options = parseBenchFlags(flags)
  const closed = new AbortController()
  acceptClosedPipes(() => closed.abort(new Error('nobody reads the figures any more')))
  using stop = listenForStop()
  using line = new TerminalLine(process.stderr, process.env)
  const ended = AbortSignal.any([stop.signal, closed.signal])
  const startedAt = new Date()
  try {
    const measurements = await runBench({ options, signal: ended, line })
    line[Symbol.dispose]()
    const faults = allFaults(measurements)
    const isOnMemoryDisk = measurements.some((measurement) => measurement.isOnMemoryDisk)
    return tell({ options, machine: thisMachine(), startedAt, rows: rowsOf(measurements), faults, isOnMemoryDisk })
  } catch (thrown) {
    line[Symbol.dispose]()
    if (!ended.aborted) throw thrown
    process.stderr.write('Stopped.\n')
    return stop.exitCode ?? exitCode.ok
  }
}

function tell(report: BenchReport): number {
  const { options, rows, faults } = report
  process.stdout.write(options.isJson ? reportJson(report) : reportText(report))
  if (faults.length > 0) {
    // JSON is for programs: whoever started them should see it too.
    if (options.isJson) process.stderr.write(`sekali: the numbers do not add up: ${faults.join('; ')}\n`)
    return exitCode.failure
  }
  // A file or a picture is believed: there is none of numbers that do not add up.
  if (options.csvPath !== undefined) writeFileSync(options.csvPath, reportCsv(rows))
  if (options.svgPath !== undefined) writeFileSync(options.svgPath, reportSvg(report))
  return exitCode.ok
}
