/** The command line as a whole: help, mistakes in typing, exit codes, and who gets color. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { exitCode, exitCodeOf } from '../../src/cli/exit-code.ts'
import { formatDuration } from '../../src/cli/format.ts'
import { ClientError } from '../../src/client/client-error.ts'
import { afterTest } from '../support/after-test.ts'
import { wireEvent } from '../support/events.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { mainPath, runSekali } from '../support/process.ts'

const line = `${JSON.stringify(wireEvent())}\n`

/** Answers every request alike, and keeps what it was asked with. */
async function startAnswering(t: TestContext, status: number) {
  const authorizations: (string | undefined)[] = []
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization)
    request.resume().on('end', () => response.writeHead(status).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(t, () => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, authorizations }
}

test('help begins with examples, and says the exit codes at its end', async (t) => {
  const { code, stdout } = await runSekali(t, ['publish', '--help'])
  assert.equal(code, exitCode.ok)
  const places = ['Usage: sekali publish', '\nExamples:\n', '\nOptions:\n', '\nExit codes: '].map((part) =>
    stdout.indexOf(part),
  )
  assert(!places.includes(-1), stdout)
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
  const whole = await runSekali(t, ['--help'])
  assert.match(whole.stdout, /^Usage: .*\n\n.*\n\nExamples:\n {2}sekali serve {2,}run the aggregator/)
})

test('the help of every command leads with examples, says its exit codes, and fits into 80 columns', async (t) => {
  const namesIn = ({ stdout }: { readonly stdout: string }) =>
    [...stdout.matchAll(/^ {2}([a-z][a-z-]*) (?:\[|<)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help')
  const [program, sub] = await Promise.all([runSekali(t, ['--help']), runSekali(t, ['sub', '--help'])])
  const paths = [...namesIn(program), ...namesIn(sub).map((name) => `sub ${name}`)].filter((path) => path !== 'sub')
  assert.ok(paths.includes('tail') && paths.includes('sub run') && paths.length > 20, paths.join())
  const left = [...paths]
  const check = async () => {
    for (let path = left.shift(); path !== undefined; path = left.shift()) {
      const { stdout } = await runSekali(t, [...path.split(' '), '--help'])
      assert.match(stdout, /^Usage: sekali [\s\S]*?\n\n.*\n\nExamples:\n {2}[\s\S]*\nExit codes: 0/, path)
      for (const line of stdout.split('\n')) assert.ok([...line].length <= 80, line)
    }
  }
  await Promise.all([check(), check()])
})

test('a reader that leaves ends a command quietly', () => {
  const { stderr, status } = spawnSync('sh', ['-c', '"$0" "$1" --help | true', process.execPath, mainPath])
  assert.deepEqual([status, stderr.toString()], [0, ''])
})

test('what is mistyped is corrected, and ends with 2', async (t) => {
  for (const [args, correction] of [
    [['pubish', 'a.ndjson'], /unknown command 'pubish'\n\(Did you mean publish\?\)/],
    [['publish', '--lnes', 'a.log'], /unknown option '--lnes'\n\(Did you mean --lines\?\)/],
    [['doctr'], /\(Did you mean doctor\?\)/],
    [['dups', '--conflict'], /\(Did you mean --conflicts\?\)/],
    [['--color', 'pink', 'publish'], /'pink' is invalid.* auto, always, never/],
    [['publish', '--url', 'ftp://a', '-'], /--url must be like http:\/\/127\.0\.0\.1:8080, not "ftp:\/\/a"/],
  ] as const) {
    const { code, stdout, stderr } = await runSekali(t, args)
    assert.equal(code, exitCode.usage)
    assert.equal(stdout, '')
    assert.match(stderr, correction)
  }
})

test('the token is sent, and a server that refuses it ends the command with 4 and says how to give one', async (t) => {
  const { url, authorizations } = await startAnswering(t, 401)
  const env = { SEKALI_URL: url, SEKALI_TOKEN: 'from-environment' }
  const refused = await runSekali(t, ['publish', '-'], { env, stdin: line })
  assert.equal(refused.code, exitCode.auth)
  await runSekali(t, ['publish', '--token', 'from-flag', '-'], { env, stdin: line })
  assert.deepEqual(authorizations, ['Bearer from-environment', 'Bearer from-flag'])
  const impossible = await runSekali(t, ['publish', '-'], { env: { SEKALI_TOKEN: 'a secret\n' }, stdin: line })
  assert.equal(impossible.code, exitCode.usage)
  assert.match(impossible.stderr, /SEKALI_TOKEN must be 1 to 4,096 visible ASCII characters/)
  assert(!impossible.stderr.includes('a secret'))
})

test('a server that is away ends the command with 6', async (t) => {
  const env = { SEKALI_URL: await closedUrl() }
  const { code, stderr } = await runSekali(t, ['publish', '--retry-for', '0', '-'], { env, stdin: line })
  assert.equal(code, exitCode.unreachable)
  assert.match(stderr, /cannot be reached/)
})

test('what a server answers has the exit code of its kind', () => {
  const problem = { code: 'as_the_server_names_it' }
  const code = (status: number) => exitCodeOf(new ClientError('refused', 'no', { status, problem }))
  assert.deepEqual([401, 403, 404, 409, 422].map(code), [4, 4, 5, 1, 2])
  assert.equal(exitCodeOf(new ClientError('gave_up', 'no', { status: 503 })), exitCode.unreachable)
  // Not an event that is not stored: an address at which nothing of ours is.
  assert.equal(exitCodeOf(new ClientError('refused', 'no', { status: 404 })), exitCode.failure)
  assert.equal(exitCodeOf(new Error('something else')), exitCode.failure)
})

test('stretches of time are told in their two largest units', () => {
  assert.deepEqual([400, 59_000, 60_000, 3_599_999, 3_600_000, 90_061_000].map(formatDuration), [
    '400 ms',
    '59.0 s',
    '1 min 0 s',
    '59 min 59 s',
    '1 h 0 min',
    '1 d 1 h',
  ])
})
