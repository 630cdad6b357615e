import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { UsageError } from '../../src/app/config.ts'
import { type BenchFlags, connectionsFor, parseBenchFlags } from '../../src/cli/bench-options.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const defaults: BenchFlags = {
  sizes: '1,10,50,100,200,500,1000',
  duration: '3',
  repeat: '1',
  duplicates: '0',
  payload: '150',
  ids: 'uuid4',
  topics: '10',
  seed: '1',
}

test('every batch size has its connections, unless they are given', () => {
  const connections = (flags: Partial<BenchFlags>) => {
    const options = parseBenchFlags({ ...defaults, ...flags })
    return options.sizes.map((size) => connectionsFor(size, options))
  }
  assert.deepEqual(connections({}), [64, 8, 8, 8, 4, 4, 4])
  assert.deepEqual(connections({ connections: '7', sizes: '1,1000' }), [7, 7])
})

test('sizes are put in order, each once', () => {
  assert.deepEqual(parseBenchFlags({ ...defaults, sizes: '100, 1,100' }).sizes, [1, 100])
})

const url = 'http://127.0.0.1:1'
for (const [flags, message] of [
  [{ sizes: '1,,10' }, /^--sizes must be whole numbers with commas between, from 1 to 1000, not ""$/],
  [{ sizes: '1001' }, /^--sizes .* not "1001"/],
  [{ connections: '0' }, /^--connections must be a whole number, from 1 to 1024/],
  [{ duration: '0' }, /^--duration must be a number from 0.05 to 3600/],
  [{ duration: 'Infinity' }, /^--duration must be a number/],
  [{ repeat: '1.5' }, /^--repeat must be a whole number/],
  [{ duplicates: '1.1' }, /^--duplicates must be a number from 0 to 1/],
  [{ payload: '39' }, /^--payload must be a whole number, from 40/],
  [
    { payload: '100000' },
    /^--payload 100000 makes a batch of 1000 about 100200000 bytes, and the server takes 8388608/,
  ],
  [{ ids: 'uuid5' }, /^--ids must be one of uuid4, uuid7, sequential, not "uuid5"/],
  [{ topics: '0' }, /^--topics must be a whole number/],
  [{ topics: '10000', url }, /^--topics must be below 10000 with --url/],
  [{ seed: '-1' }, /^--seed must be a whole number/],
  [{ url: 'nowhere' }, /^--url must be like/],
  [{ store: 'redis:' }, /^--store must be sqlite:PATH, memory: or postgres:/],
  [{ store: 'memory:', url }, /^--store is for a server of its own/],
  [{ csv: import.meta.dirname }, /^--csv .* cannot be written: it is a folder/],
] as const) {
  test(`${Object.entries(flags)} is refused`, () => {
    assert.throws(
      () => parseBenchFlags({ ...defaults, ...flags }),
      (thrown) => {
        assert.ok(thrown instanceof UsageError)
        assert.match(thrown.message, message)
        return true
      },
    )
  })
}

test('a file that cannot be written is told before the run', (t) => {
  const svg = join(temporaryFolder(t), 'no', 'b.svg')
  assert.throws(() => parseBenchFlags({ ...defaults, svg }), /--svg .* cannot be written: ENOENT/)
})
