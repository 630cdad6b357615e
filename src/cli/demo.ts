/** `sekali demo`: shows the aggregator at work. Every number it prints comes from an ack or from the server. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { UsageError } from '../app/config.ts'
import type { PostOptions } from '../client/post-batch.ts'
import { acceptClosedPipes } from './closed-pipes.ts'
import { demoLogTopic, findDemoLog, logCandidates, shipDemoLog } from './demo-log.ts'
import { type DemoPublisher, demoPublishers, demoTopics, duplicateShare } from './demo-publishers.ts'
import * as report from './demo-report.ts'
import { type DemoServer, startDemoServer, waitUntilReady } from './demo-server.ts'
import { exitCode } from './exit-code.ts'
import { addHelp } from './help.ts'
import { countsSince, readTopicCounts, type ServerCounts, sumOfCounts } from './server-counts.ts'
import { checkServerUrl } from './server-options.ts'
import { listenForStop } from './stop-signal.ts'
import { openTemporaryFolder } from './temporary-folder.ts'
import { TerminalLine } from './terminal-line.ts'

interface DemoFlags {
  readonly url?: string
  readonly seconds: string
}

const maxSeconds = 3600
const terminalPaintMs = 200
const otherwisePrintMs = 1000
const topics: readonly string[] = [...demoTopics, demoLogTopic]

export function addDemoCommand(program: Command): void {
  const command = program
    .command('demo')
    .description('see it at work: publishers, duplicates, conflicts, and a real log file')
    .option('--url <URL>', 'a running server, once it is ready (default: its own, temporary)')
    .option('--seconds <N>', 'how long the publishers send', '10')
    .action(async (flags: DemoFlags) => {
      process.exitCode = await demo(flags)
    })
  addHelp(command, {
    examples: ['sekali demo', 'sekali demo --seconds 3', 'sekali demo --url http://127.0.0.1:8080'],
    notes: `
Without --url it starts a server on a free port, over a temporary SQLite file
that is removed at the end. Nothing else on this machine is changed.
With --url its events stay on that server, under topics named demo.*

Exit codes: 0 the numbers add up; 1 they do not, or the server is away;
2 wrong options; 130 stopped by Ctrl-C.`,
  })
}

async function demo(flags: DemoFlags): Promise<number> {
  const url = flags.url === undefined ? undefined : checkServerUrl(flags.url, '--url')
  const seconds = parseSeconds(flags.seconds)
  const closed = new AbortController()
  acceptClosedPipes(() => closed.abort(new Error('nobody reads the demo any more')))
  using stop = listenForStop()
  const ended = AbortSignal.any([stop.signal, closed.signal])
  try {
    await using server = url === undefined ? await startDemoServer() : await joinServer(url, ended)
    return await tell(server, seconds, ended)
  } catch (thrown) {
    if (!ended.aborted) throw thrown
    print('Stopped.')
    return stop.exitCode ?? exitCode.ok
  }
}

async function joinServer(url: string, ended: AbortSignal): Promise<DemoServer> {
  await waitUntilReady(url, ended)
  return { url, isOwn: false, [Symbol.asyncDispose]: async () => {} }
}

async function tell(server: DemoServer, seconds: number, ended: AbortSignal): Promise<number> {
  const { url } = server
  const runId = crypto.randomUUID().slice(0, 8)
  const post: PostOptions = { url, signal: ended }
  using folder = openTemporaryFolder('sekali-demo-')
  print(`Sekali demo, run ${runId}`)
  print(`Server ${url}${server.isOwn ? ', with a temporary SQLite file' : ''}\n`)
  const before = await readCounts(url)
  const publishers = demoPublishers(runId)
  print(`1  Three publishers send for ${seconds} s; ${duplicateShare * 100} % of it they have sent before.`)
  print('   A fourth one uses its ids again for other content. The server counts:\n')
  await runPublishers(publishers, {
    post,
    seconds,
    ended,
    read: async () => countsSince(await readCounts(url), before),
  })
  const rows = publishers.map(({ name, tally }) => ({ ...tally, name }))
  const afterPublishers = countsSince(await readCounts(url), before)
  print('')
  print(report.tableHead('publisher'))
  for (const row of rows) print(report.tableRow(row))
  print(report.tableRule())
  print(report.tableRow(report.sumOf('acks, all together', rows)))
  print(`${report.tableRow(report.serverRow('server, received', afterPublishers))}\n`)
  const log = findDemoLog(logCandidates, folder.path)
  print(`${report.logText(log)}\n`)
  const first = await shipDemoLog(log, runId, { post, stop: ended })
  const second = await shipDemoLog(log, runId, { post, stop: ended })
  const [firstPass, secondPass] = [
    { ...first, name: 'first time' },
    { ...second, name: 'second time' },
  ] as const
  print(report.tableHead(''))
  print(report.tableRow(firstPass))
  print(`${report.tableRow(secondPass)}\n`)
  const story: report.Story = {
    publishers: rows,
    distinct: publishers.reduce((sum, publisher) => sum + publisher.distinct, 0),
    firstPass,
    secondPass,
    server: countsSince(await readCounts(url), before),
    retries: [...rows, first, second].reduce((sum, { retries }) => sum + retries, 0),
  }
  print(report.verdictText(story))
  if (report.faultsOf(story).length > 0) return exitCode.failure
  process.stdout.write(report.nextText(server.isOwn ? undefined : url, log))
  return exitCode.ok
}

interface Show {
  readonly post: PostOptions
  readonly seconds: number
  readonly ended: AbortSignal
  /** What the server counted since the demo began. */
  read(): Promise<ServerCounts>
}

/** Runs them for so many seconds while the server's counters are shown; at the end, what they came to. */
async function runPublishers(publishers: readonly DemoPublisher[], show: Show): Promise<void> {
  const { post, seconds, ended, read } = show
  const failed = new AbortController()
  const until = AbortSignal.any([AbortSignal.timeout(seconds * 1000), ended, failed.signal])
  const signal = AbortSignal.any([ended, failed.signal])
  const running = publishers.map((publisher) => publisher.run(until, { ...post, signal }))
  try {
    await Promise.all([...running, showCounters(until, read)])
  } catch (thrown) {
    failed.abort()
    await Promise.allSettled(running)
    throw thrown
  }
  ended.throwIfAborted()
  print(report.liveText(seconds, await read()))
}

async function readCounts(url: string): Promise<ServerCounts> {
  return sumOfCounts((await readTopicCounts(url)).filter(({ topic }) => topics.includes(topic)))
}

async function showCounters(until: AbortSignal, read: Show['read']): Promise<void> {
  using line = new TerminalLine(process.stdout, process.env)
  const startedAtMs = performance.now()
  for (;;) {
    await pause(line.isShown ? terminalPaintMs : otherwisePrintMs, undefined, { signal: until }).catch(() => {})
    if (until.aborted) return
    // A server that is away for a moment is the publishers' business: they try again, and give up in time.
    const counts = await read().catch(() => undefined)
    if (counts === undefined || until.aborted) continue
    const text = report.liveText(Math.round((performance.now() - startedAtMs) / 1000), counts)
    if (line.isShown) line.paintNow(text)
    else print(text)
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= maxSeconds) return seconds
  throw new UsageError(`--seconds must be a whole number from 1 to ${maxSeconds}, not "${text}"`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
