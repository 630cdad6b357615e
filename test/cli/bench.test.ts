import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startFakePublishServer } from '../support/fake-publish-server.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { type Exit, type RunOptions, runSekali, startSekali } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** What the tests read of `--json`. */
interface BenchJson {
  readonly sekali: string
  readonly node: string
  readonly machine: Readonly<Record<string, unknown>>
  readonly options: Readonly<Record<string, unknown>>
  readonly rows: readonly BenchJsonRow[]
  readonly proof: { readonly adds_up: boolean; readonly faults: readonly string[] }
}

type BenchJsonRow = Readonly<
  Record<
    | 'batch_size'
    | 'connections'
    | 'events_per_s'
    | 'events_per_s_min'
    | 'events_per_s_max'
    | 'requests_per_s'
    | 'p50_ms',
    number
  > &
    Record<'p99_ms' | 'max_ms' | 'sent' | 'unique' | 'duplicates' | 'conflicts' | 'refused', number>
>

/** A tiny run. */
function bench(t: TestContext, args: readonly string[], options: RunOptions = {}): Promise<Exit> {
  return runSekali(t, ['bench', '--duration', '0.1', '--connections', '4', ...args], options)
}

/** A tiny run whose numbers add up. */
async function benchJson(t: TestContext, args: readonly string[], options: RunOptions = {}): Promise<BenchJson> {
  const { code, stdout, stderr } = await bench(t, ['--json', ...args], options)
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  return JSON.parse(stdout) as BenchJson
}

function sumOf(rows: readonly BenchJsonRow[], name: 'sent' | 'unique' | 'duplicates'): number {
  return rows.reduce((total, row) => total + row[name], 0)
}

function assertRowsAddUp({ rows, proof }: BenchJson): void {
  assert.deepEqual(proof, { adds_up: true, faults: [] })
  for (const row of rows) {
    assert.ok(row.sent > 0 && row.events_per_s > 0)
    assert.equal(row.sent, row.unique + row.duplicates + row.refused)
    assert.ok(row.events_per_s_min <= row.events_per_s && row.events_per_s <= row.events_per_s_max)
    assert.ok(row.p50_ms > 0 && row.p50_ms <= row.p99_ms && row.p99_ms <= row.max_ms)
  }
}

test('a run on a server of its own adds up, and leaves nothing behind', async (t) => {
  const folder = temporaryFolder(t)
  const { code, stdout, stderr } = await bench(t, ['--sizes', '1,100'], { env: { TMPDIR: folder } })
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  assert.match(stdout, /^batch {2}connections {2}events\/s {2}requests\/s {2}p50 ms {2}p99 ms {2}max ms$/m)
  assert.match(stdout, /^ {4}1 {12}4 .*\n {2}100 {12}4 /m)
  assert.match(stdout, /^Every number adds up.* = [\d,]+ unique \+ 0 duplicates \+ 0 refused/m)
  assert.deepEqual(readdirSync(folder), [])
})

test('the same as JSON, CSV and a picture', async (t) => {
  const folder = temporaryFolder(t)
  const [csv, svg] = [join(folder, 'b.csv'), join(folder, 'b.svg')]
  const args = ['--store', 'memory:', '--sizes', '100,10', '--repeat', '2', '--csv', csv, '--svg', svg]
  const report = await benchJson(t, args)
  assertRowsAddUp(report)
  assert.deepEqual(
    report.rows.map((row) => [row.batch_size, row.connections]),
    [
      [10, 4],
      [100, 4],
    ],
  )
  assert.equal(report.node, process.version)
  assert.equal(report.options.store, 'memory:')
  assert.ok(Number(report.machine.cpus) > 0 && Number(report.machine.memory_bytes) > 0)
  const [head = '', ...lines] = readFileSync(csv, 'utf8').trimEnd().split('\n')
  assert.match(head, /^batch_size,connections,events_per_s,.*p50_ms,p99_ms,.*original_events_per_s$/)
  assert.deepEqual(
    lines.map((line) => line.split(',').slice(0, 3)),
    report.rows.map((row) => [row.batch_size, row.connections, row.events_per_s].map(String)),
  )
  assert.deepEqual(
    lines.map((line) => line.split(',').at(-1)),
    ['3903', '2566'],
  )
  const picture = readFileSync(svg, 'utf8')
  assert.match(picture, /^<svg .*<\/svg>\n$/s)
  assert.match(picture, /original program.*\(in process, no network\)/s)
  assert.match(picture, /prefers-color-scheme:dark/)
})

test('against a running server its topics are new in every run, and others may publish meanwhile', async (t) => {
  const server = await startTestServer(t)
  await server.publish({ topic: 'bench.1', event_id: 'a', timestamp: '2026-01-31', source: 'other', payload: {} })
  const reports = [1, 2].map(() => benchJson(t, ['--url', server.url, '--sizes', '10', '--duplicates', '0.5']))
  for (const report of await Promise.all(reports)) assertRowsAddUp(report)
  const rows = (await Promise.all(reports)).flatMap((report) => report.rows)
  const stats = await server.getJson('/stats')
  assert.equal(stats.received, sumOf(rows, 'sent') + 1)
  assert.equal(stats.unique_processed, sumOf(rows, 'unique') + 1)
  assert.equal(stats.duplicate_dropped, sumOf(rows, 'duplicates'))
  assert.ok(sumOf(rows, 'duplicates') > 0)
  assert.equal(stats.topics.length, 21)
})

test('with a ratio of 1 only the first event of a measurement is new', async (t) => {
  const server = await startTestServer(t)
  const args = ['--url', server.url, '--sizes', '1,20', '--duplicates', '1', '--repeat', '2']
  const report = await benchJson(t, args)
  assertRowsAddUp(report)
  assert.deepEqual(
    report.rows.map((row) => row.unique),
    [2, 2],
  )
  assert.equal((await server.getJson('/stats')).unique_processed, 4)
})

test('a store that is given is used, and a second run on it adds up too', async (t) => {
  const folder = temporaryFolder(t)
  const store = `sqlite:${join(folder, 'mine.db')}`
  for (const _ of [1, 2])
    assertRowsAddUp(await benchJson(t, ['--store', store, '--sizes', '50', '--ids', 'sequential']))
  assert.ok(statSync(join(folder, 'mine.db')).size > 0)
})

test('batches that the server refuses are counted', async (t) => {
  const server = await startFakePublishServer(t, {
    answer(response, batch) {
      if (batch % 3 === 0) response.writeHead(503, { 'content-length': 0 }).end()
      return batch % 3 === 0
    },
  })
  const report = await benchJson(t, ['--url', server.url, '--sizes', '10', '--duplicates', '0.2'])
  assertRowsAddUp(report)
  assert.equal(report.rows[0]?.refused, 10 * Math.floor(server.batches / 3))
})

for (const [what, behaviour, message] of [
  ['lost an event', { topic: (truth) => ({ ...truth, events: truth.events - 1 }) }, /the server counted as unique/],
  ['stored an event twice', { topic: (truth) => ({ ...truth, events: truth.events + 1 }) }, /counted as received/],
  ['calls a new event a duplicate', { ack: dropOne }, /acknowledged as unique [\d,]+, but the batches held [\d,]+/],
  [
    'does not acknowledge every event',
    { ack: (truth) => ({ ...truth, unique: truth.unique - 1 }) },
    /sent [\d,]+, but/,
  ],
  ['sees a conflict in equal content', { ack: (truth) => ({ ...truth, conflicts: 1 }) }, /conflicts/],
] as const satisfies readonly (readonly [string, Parameters<typeof startFakePublishServer>[1], RegExp])[]) {
  test(`a server that ${what} makes the proof fail`, async (t) => {
    const csv = join(temporaryFolder(t), 'b.csv')
    const { url } = await startFakePublishServer(t, behaviour)
    const { code, stdout } = await bench(t, ['--url', url, '--sizes', '10', '--csv', csv])
    assert.equal(code, 1)
    assert.match(stdout, /The numbers do NOT add up:\n {2}10 events a batch: /)
    assert.match(stdout, message)
    assert.throws(() => statSync(csv), /ENOENT/)
  })
}

function dropOne<T extends { unique: number; duplicates: number }>(truth: T): T {
  return { ...truth, unique: truth.unique - 1, duplicates: truth.duplicates + 1 }
}

test('a proof that fails is told beside JSON as well', async (t) => {
  const { url } = await startFakePublishServer(t, { ack: dropOne })
  const { code, stdout, stderr } = await bench(t, ['--url', url, '--sizes', '10', '--json'])
  assert.equal(code, 1)
  assert.match(stderr, /^sekali: the numbers do not add up: 10 events a batch: /)
  const { proof } = JSON.parse(stdout) as BenchJson
  assert.equal(proof.adds_up, false)
  assert.ok(proof.faults.length > 0)
})

/** Resolves once there is something in the folder, at any depth, that has the name and the size. */
async function waitForFile(t: TestContext, folder: string, name: RegExp, minBytes: number): Promise<void> {
  const isThere = () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).some(
      (path) => name.test(path) && (statSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0) >= minBytes,
    )
  const changes = watch(folder, { recursive: true, signal: t.signal })
  // Asked for the next change before looking, so that none falls between.
  for (let next = changes.next(); !isThere(); next = changes.next()) await next
}

for (const [when, name, minBytes] of [
  ['while the server starts', /sekali-bench-[^/]*$/, 0],
  ['under load', /bench\.db-wal$/, 500_000],
] as const) {
  for (const whom of ['the terminal', 'the process alone'] as const) {
    test(`Ctrl-C ${when}, from ${whom}, leaves no process and no folder`, async (t) => {
      const folder = temporaryFolder(t)
      const args = ['bench', '--sizes', '100', '--duration', '600']
      const running = startSekali(t, args, { env: { TMPDIR: folder }, hasOwnGroup: true })
      const { pid = 0 } = running.child
      await Promise.race([waitForFile(t, folder, name, minBytes), running.exited])
      process.kill(whom === 'the terminal' ? -pid : pid, 'SIGINT')
      const { code, stdout, stderr } = await running.exited
      assert.equal(code, 130, stderr)
      assert.equal(stdout, '')
      assert.equal(stderr, 'Stopped.\n')
      assert.throws(() => process.kill(-pid, 0), { code: 'ESRCH' })
      assert.deepEqual(readdirSync(folder), [])
    })
  }
}

test('a server of its own that does not start is told with its reason', async (t) => {
  const folder = join(temporaryFolder(t), 'no-file.db')
  mkdirSync(folder)
  const { code, stderr } = await bench(t, ['--store', `sqlite:${folder}`])
  assert.equal(code, 1)
  assert.match(stderr, /^sekali: the benchmark's server ended with 1: sekali: .+\n$/)
})

test('a server that is away, or has no such routes, is told', async (t) => {
  const away = await bench(t, ['--url', await closedUrl()])
  assert.equal(away.code, 1)
  assert.match(away.stderr, /^sekali: .+\n$/)
  const server = await startTestServer(t)
  const other = await bench(t, ['--url', `${server.url}/elsewhere`])
  assert.equal(other.code, 1)
  assert.match(other.stderr, /answers 404 to GET \/topics/)
})

test('mistakes in typing are told, with exit code 2', async (t) => {
  const { code, stderr } = await runSekali(t, ['bench', '--sizes', '1,,10'])
  assert.equal(code, 2)
  assert.match(stderr, /^sekali: --sizes must be whole numbers/)
})

test('the help has examples', async (t) => {
  const { code, stdout } = await runSekali(t, ['bench', '--help'])
  assert.equal(code, 0)
  assert.match(stdout, /Examples:\n {2}sekali bench\n/)
  for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line)
})
