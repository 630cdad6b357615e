import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { productEnvironment, productFlags } from '../../bench/product-flags.ts'

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

test('whichever way the program is started, Node gets the flags of its first line', () => {
  const flags = productFlags()
  assert.ok(flags.length > 0)
  const { scripts } = JSON.parse(read('package.json'))
  const entryPoint = /^ENTRYPOINT (.*)$/m.exec(read('Dockerfile'))?.[1] ?? '[]'
  for (const words of [scripts.start.split(' '), scripts.bench.split(' '), JSON.parse(entryPoint)]) {
    assert.deepEqual(
      words.filter((word: string) => word.startsWith('--')),
      flags,
    )
  }
})

test('the container has the environment of that line as well', () => {
  const settings = Object.entries(productEnvironment())
  assert.ok(settings.length > 0)
  for (const [name, value] of settings)
    assert.match(read('Dockerfile'), new RegExp(`^ENV .*\\b${name}=${value}\\b`, 'm'))
})
