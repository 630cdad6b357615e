import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  type Config,
  configOptions,
  describeConfig,
  maskedStore,
  resolveConfig,
  resolveSettings,
  UsageError,
} from '../../src/app/config.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** For each option two texts and what they mean; a table that must name every option. */
const samples: Readonly<
  Record<string, { key: keyof Config; values: readonly [string, string]; means: readonly [unknown, unknown] }>
> = {
  host: { key: 'host', values: ['0.0.0.0', '::1'], means: ['0.0.0.0', '::1'] },
  port: { key: 'port', values: ['0', '65535'], means: [0, 65_535] },
  store: {
    key: 'store',
    values: ['postgres://u@a,b:5433/db', 'sqlite:a.db'],
    means: ['postgres://u@a,b:5433/db', 'sqlite:a.db'],
  },
  'queue-capacity': { key: 'queueCapacityEvents', values: ['1', '500'], means: [1, 500] },
  'body-limit': { key: 'bodyLimitBytes', values: ['1000', '2000'], means: [1000, 2000] },
  'rate-limit': { key: 'rateLimitPerMinute', values: ['10', '20'], means: [10, 20] },
  'push-allow-private': { key: 'isPrivatePushAllowed', values: ['true', 'false'], means: [true, false] },
  'log-level': { key: 'logLevel', values: ['debug', 'warn'], means: ['debug', 'warn'] },
}

function configFile(t: TestContext, content: unknown): string {
  const path = join(temporaryFolder(t), 'sekali.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function usageError(pattern: RegExp) {
  return (thrown: unknown) => thrown instanceof UsageError && pattern.test(thrown.message)
}

test('without any setting the defaults are those of the contract', () => {
  assert.deepEqual(resolveConfig({}, {}), {
    host: '127.0.0.1',
    port: 8080,
    store: 'sqlite:data/sekali.db',
    queueCapacityEvents: 10_000,
    bodyLimitBytes: 8 * 1024 * 1024,
    logLevel: 'info',
    rateLimitPerMinute: 0,
    isPrivatePushAllowed: false,
  })
})

test('every option has a sample here', () => {
  assert.deepEqual(Object.keys(samples).sort(), configOptions.map(({ flag }) => flag).sort())
})

for (const { flag, env } of configOptions) {
  const { key, values, means } = samples[flag] ?? assert.fail(flag)

  test(`${flag} is read from its flag`, () => {
    assert.equal(resolveConfig({ [flag]: values[0] }, {})[key], means[0])
  })

  test(`${flag} is read from ${env}`, () => {
    assert.equal(resolveConfig({}, { [env]: values[0] })[key], means[0])
  })

  test(`${flag} is read from the file`, (t) => {
    const config = configFile(t, { [flag]: typeof means[0] === 'number' ? means[0] : values[0] })
    assert.equal(resolveConfig({ config }, {})[key], means[0])
  })

  test(`the flag of ${flag} wins over the environment, and the environment over the file`, (t) => {
    const config = configFile(t, { [flag]: values[0] })
    assert.equal(resolveConfig({ config }, { [env]: values[1] })[key], means[1])
    assert.equal(resolveConfig({ config, [flag]: values[0] }, { [env]: values[1] })[key], means[0])
  })
}

test('the file may be named by the environment', (t) => {
  assert.equal(resolveConfig({}, { SEKALI_CONFIG: configFile(t, { port: 9000 }) }).port, 9000)
})

test('true and false may be written as JSON in the file', (t) => {
  const config = configFile(t, { 'push-allow-private': true })
  assert.equal(resolveConfig({ config }, {}).isPrivatePushAllowed, true)
})

const wrong: readonly (readonly [string, string])[] = [
  ['host', ''],
  ['port', '65536'],
  ['port', '-1'],
  ['port', '80.5'],
  ['port', 'http'],
  ['port', ''],
  ['store', 'mysql://x'],
  ['store', 'sqlite:'],
  ['store', 'postgres://a:x/db'],
  ['queue-capacity', '0'],
  ['body-limit', '0'],
  ['body-limit', '8MiB'],
  ['rate-limit', '-1'],
  ['push-allow-private', 'yes'],
  ['log-level', 'loud'],
]
for (const [flag, text] of wrong) {
  test(`--${flag} "${text}" is refused with a text that names the flag and the value`, () => {
    assert.throws(() => resolveConfig({ [flag]: text }, {}), usageError(new RegExp(`^--${flag} must .*not "${text}"`)))
  })
}

test('a wrong value in the environment is refused under the name of the variable', () => {
  assert.throws(() => resolveConfig({}, { SEKALI_PORT: 'x' }), usageError(/^SEKALI_PORT must/))
})

test('a wrong value in the file is refused under its name and the path of the file', (t) => {
  const config = configFile(t, { port: 'x' })
  assert.throws(() => resolveConfig({ config }, {}), usageError(/^"port" in .*sekali\.json must/))
})

test('a misspelt option in the file is refused', (t) => {
  assert.throws(() => resolveConfig({ config: configFile(t, { prot: 1 }) }, {}), usageError(/"prot" is not an option/))
})

test('a file that is missing, not JSON or not an object is refused', (t) => {
  assert.throws(() => resolveConfig({ config: '/nowhere/sekali.json' }, {}), usageError(/cannot be read/))
  assert.throws(() => resolveConfig({ config: configFile(t, '{') }, {}), usageError(/cannot be read/))
  assert.throws(() => resolveConfig({ config: configFile(t, []) }, {}), usageError(/must hold a JSON object/))
  assert.throws(() => resolveConfig({ config: configFile(t, { port: null }) }, {}), usageError(/string or a number/))
})

test('every value says where it was set', (t) => {
  const config = configFile(t, { port: 1, host: 'file', 'log-level': 'warn' })
  const settings = resolveSettings({ config, port: '3' }, { SEKALI_PORT: '2', SEKALI_HOST: 'env' })
  const shown = describeConfig(settings.config, settings.origins)
  assert.deepEqual(
    shown.map(({ name }) => name),
    configOptions.map(({ flag }) => flag),
  )
  assert.deepEqual(shown.slice(0, 3), [
    { name: 'host', value: 'env', origin: 'environment' },
    { name: 'port', value: '3', origin: 'flag' },
    { name: 'store', value: 'sqlite:data/sekali.db', origin: 'default' },
  ])
  assert.deepEqual(shown.at(-1), { name: 'log-level', value: 'warn', origin: 'file' })
})

test('a value that the embedding program set is told apart from a default', () => {
  const shown = describeConfig({ ...resolveConfig({}, {}), port: 0 }, {})
  assert.deepEqual(shown.map(({ origin }) => origin).slice(0, 3), ['default', 'program', 'default'])
})

for (const [url, shown] of [
  ['sqlite:data/sekali.db', 'sqlite:data/sekali.db'],
  ['sqlite:a:b@c.db', 'sqlite:a:b@c.db'],
  ['memory:', 'memory:'],
  ['postgres://db/events', 'postgres://db/events'],
  ['postgres://user@db1:5432,db2:5433/events', 'postgres://user@db1:5432,db2:5433/events'],
  ['postgres://user:secret@db1:5432,db2/events?x=1', 'postgres://user:***@db1:5432,db2/events?x=1'],
  ['postgresql://:secret@db/events', 'postgresql://:***@db/events'],
  ['postgres://user:se@cr/et@db/events', 'postgres://user:***@db/events'],
  ['postgres://db/events?user=x&password=secret&y=1', 'postgres://db/events?user=x&password=***&y=1'],
  ['postgres://db/events?sslpassword=secret', 'postgres://db/events?sslpassword=***'],
] as const) {
  test(`the store ${url} is shown as ${shown}`, () => assert.equal(maskedStore(url), shown))
}
