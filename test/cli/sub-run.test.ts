import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WholeLines } from '../../src/cli/sub/whole-lines.ts'
import { oddLines, storeLines } from '../support/many-events.ts'
import { mainPath, type RunningProcess, runSekali, startSekali } from '../support/process.ts'
import { startRequestProxy } from '../support/request-proxy.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

async function startWith(t: TestContext, events: number, settings: object = {}): Promise<TestServer> {
  const server = await startTestServer(t)
  await storeLines(server, oddLines(events))
  await fetch(`${server.url}/subscriptions/w`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topics: ['logs.*'], start: 'earliest', ...settings }),
  })
  return server
}

const runArgs = ({ url }: Pick<TestServer, 'url'>, command: string, ...args: readonly string[]) => [
  'sub',
  'run',
  'w',
  '--url',
  url,
  '--exec',
  command,
  ...args,
]

/** Until a file holds so many lines. */
async function hasLines(running: RunningProcess, path: string, count: number): Promise<void> {
  while (!existsSync(path) || readFileSync(path, 'utf8').split('\n').length <= count) {
    if (running.child.exitCode !== null) assert.fail(`it ended: ${running.output.stderr}`)
    await new Promise(setImmediate)
  }
}

test('each event goes to a command, as its line and in its environment, in order; what it prints is passed on', async (t) => {
  const server = await startWith(t, 9)
  const command = 'echo "$SEKALI_SEQ $SEKALI_TOPIC $SEKALI_EVENT_ID $SEKALI_ATTEMPT"; cat; echo warned >&2'
  const { code, stdout, stderr } = await runSekali(t, runArgs(server, command, '--to-end'))
  assert.equal(code, 0, stderr)
  const lines = stdout.trimEnd().split('\n')
  assert.deepEqual(
    lines.filter((_, index) => index % 2 === 0),
    ['1 logs.app e0 1', '2 logs.db e1 1', '4 logs.app e3 1', '5 logs.db e4 1', '7 logs.app e6 1', '8 logs.db e7 1'],
  )
  assert.ok(lines[1]?.startsWith(oddLines(1)[0]?.slice(0, -1) ?? '?'), 'byte for byte')
  assert.match(lines[1] ?? '', /,"seq":1,"processed_at":"[^"]+"\}$/)
  assert.equal(stderr, `${'warned\n'.repeat(6)}6 events acked, 0 nacked\n`)
  const { acked, lag } = await server.getJson('/subscriptions/w')
  assert.deepEqual([acked, lag], [6, 0], 'the topics that were not asked for are no reason to wait')
})

test('a command that fails nacks with its last words, and at the end there are dead letters, and 3', async (t) => {
  const server = await startWith(t, 3, { max_attempts: 2 })
  const command = '[ $SEKALI_SEQ = 1 ] && exit 0; echo first >&2; printf "no \\033[31mmoney\\n\\n" >&2; exit 9'
  const { code, stderr } = await runSekali(t, runArgs(server, command, '--to-end'))
  assert.equal(code, 3, stderr)
  assert.match(stderr, /^sekali: seq 2, attempt 2: no \\u001b\[31mmoney$/m)
  assert.match(stderr, /^1 event acked, 2 nacked$/m)
  const { dead_letters: dead } = await server.getJson('/subscriptions/w/dead-letters')
  assert.deepEqual(
    dead.map((each: { event: { seq: number }; reason: string }) => [each.event.seq, each.reason]),
    [[2, 'no \u001b[31mmoney']],
  )
})

test('no more commands run at a time than were asked for, and no more events are leased than --max', async (t) => {
  const server = await startWith(t, 30)
  const folder = temporaryFolder(t)
  // Each waits for a partner, so that two at a time are needed, and says how many it saw.
  const command = `mkdir ${folder}/$SEKALI_SEQ && until [ $(ls ${folder} | wc -l) -ge 2 ]; do :; done; ls ${folder} | wc -l; sleep 0.05; rmdir ${folder}/$SEKALI_SEQ 2>/dev/null; mkdir -p ${folder}/last; true`
  const { code, stdout, stderr } = await runSekali(t, runArgs(server, command, '--concurrency', '2', '--max', '7'))
  assert.equal(code, 0, stderr)
  // `last` is among them once one has ended.
  assert.ok(Math.max(...stdout.trimEnd().split('\n').map(Number)) <= 3, stdout)
  const { acked, redelivered, in_flight } = await server.getJson('/subscriptions/w')
  assert.deepEqual([acked, redelivered, in_flight], [7, 0, 0])
  const answer = await server.post('/subscriptions/w/pull', '{"max":1000}')
  const { deliveries } = (await answer.json()) as { deliveries: { attempt: number }[] }
  assert.deepEqual([...new Set(deliveries.map(({ attempt }) => attempt))], [1], 'none of the others used up an attempt')
})

test('a lease is extended while the command runs', async (t) => {
  const server = await startWith(t, 1, { lease_ms: 1000 })
  const { code, stderr } = await runSekali(t, runArgs(server, 'sleep 2.5', '--to-end'))
  assert.equal(code, 0, stderr)
  const { acked, redelivered } = await server.getJson('/subscriptions/w')
  assert.deepEqual([acked, redelivered], [1, 0])
})

test('no more is leased than is worked on; Ctrl-C lets the commands that run finish, and acks them', async (t) => {
  const server = await startWith(t, 30)
  const folder = temporaryFolder(t)
  const started = join(folder, 'started')
  const wait = `[ $SEKALI_SEQ = 1 ] || until [ -e ${folder}/go ] || [ ! -d ${folder} ]; do sleep 0.05; done`
  const command = `echo $SEKALI_SEQ >> ${started}; ${wait}; echo done $SEKALI_SEQ`
  const running = startSekali(t, runArgs(server, command, '--concurrency', '3'), { hasOwnGroup: true })
  await hasLines(running, started, 4)
  while ((await server.getJson('/subscriptions/w')).acked === 0) await new Promise(setImmediate)
  assert.equal((await server.getJson('/subscriptions/w')).in_flight, 3, 'what waits here would use up an attempt')
  // As a terminal sends it: to the whole group. The commands are not of it.
  process.kill(-(running.child.pid ?? assert.fail()), 'SIGINT')
  while (!running.output.stderr.includes('Waiting for 3 commands')) {
    await once(running.child.stderr ?? assert.fail(), 'data')
  }
  writeFileSync(join(folder, 'go'), '')
  const { code, stdout, stderr } = await running.exited
  assert.equal(code, 130, stderr)
  assert.deepEqual(stdout.trimEnd().split('\n').sort(), ['done 1', 'done 2', 'done 4', 'done 5'])
  const { acked, in_flight } = await server.getJson('/subscriptions/w')
  assert.deepEqual([acked, in_flight], [4, 0])
})

test('a second Ctrl-C ends it at once, the commands and what they started too', async (t) => {
  const server = await startWith(t, 3)
  const started = join(temporaryFolder(t), 'started')
  const running = startSekali(t, runArgs(server, `trap '' TERM INT; sleep 60 & echo $! >> ${started}; wait`))
  await hasLines(running, started, 1)
  running.child.kill('SIGINT')
  while (!running.output.stderr.includes('Ctrl-C again')) await once(running.child.stderr ?? assert.fail(), 'data')
  // Those that come too soon count as the first one.
  const again = setInterval(() => running.child.kill('SIGINT'), 50)
  const { code } = await running.exited
  clearInterval(again)
  assert.equal(code, 130)
  const pid = Number(readFileSync(started, 'utf8'))
  while (isAlive(pid)) await new Promise(setImmediate)
})

/** What nobody has waited for yet is dead as well. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('--timeout ends it with 0; a mistyped command ends it with 1, and no event is given up', async (t) => {
  const server = await startWith(t, 5)
  const mistyped = await runSekali(t, runArgs(server, './no-such-command'))
  assert.equal(mistyped.code, 1)
  assert.match(mistyped.stderr, /sekali: --exec cannot be run \(exit code 127\): .*not found/)
  const { dead_letters: dead, in_flight } = await server.getJson('/subscriptions/w')
  assert.deepEqual([dead, in_flight], [0, 0])
  const timed = await runSekali(t, runArgs(server, 'cat', '--timeout', '4'))
  assert.equal(timed.code, 0, timed.stderr)
})

test('a reader that leaves ends it quietly, and what it did not read is not acked', async (t) => {
  const server = await startWith(t, 30)
  const child = spawn(process.execPath, [mainPath, ...runArgs(server, 'cat')], { stdio: 'pipe' })
  t.after(() => child.kill('SIGKILL'))
  const stderr = child.stderr.setEncoding('utf8').toArray()
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  assert.deepEqual([code, await stderr], [0, []])
  const { acked, lag } = await server.getJson('/subscriptions/w')
  assert.ok(acked < 20 && lag > 0, `${acked} acked`)
})

test('it waits for a server that is away, and says so once: 6 if it never comes; without the subscription it is 5', async (t) => {
  const server = await startWith(t, 3)
  const gone = await startRequestProxy(t, server.url, () => {
    throw new Error('away')
  })
  const inVain = await runSekali(t, runArgs({ url: gone }, 'true', '--timeout', '1.5'))
  assert.equal(inVain.code, 6, inVain.stderr)
  let failures = 3
  const url = await startRequestProxy(t, server.url, (request) => {
    if (request.endsWith('/pull') && failures-- > 0) throw new Error('away')
  })
  const { code, stderr } = await runSekali(t, runArgs({ url }, 'true', '--max', '2'))
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^sekali: cannot be reached: .*; trying again\n2 events acked, 0 nacked\n$/)
  let firstRequests = 1
  const late = await startRequestProxy(t, server.url, () => {
    if (firstRequests-- > 0) throw new Error('away')
  })
  const atEnd = await runSekali(t, runArgs({ url: late }, 'true', '--to-end'))
  assert.equal(atEnd.code, 0, atEnd.stderr)
  const absent = await runSekali(t, ['sub', 'run', 'x', '--url', server.url, '--exec', 'true'])
  assert.equal(absent.code, 5)
  const empty = await runSekali(t, runArgs(server, ' '))
  assert.equal(empty.code, 2)
})

test('lines of several writers are not mixed, and a line without end is not kept for ever', () => {
  const lines = new WholeLines()
  const push = (text: string) => lines.push(Buffer.from(text)).toString()
  assert.deepEqual([push('ab'), push('c\nd'), push('e'), push('\n\nf')], ['', 'abc\n', '', 'de\n\n'])
  assert.equal(push('x'.repeat(70_000)).length, 70_001)
  push('rest')
  assert.deepEqual([lines.end().toString(), lines.end().toString()], ['rest', ''])
})
