/** The linter must see a promise that nobody waits for: on the ingest path it would be a lost event. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('..', import.meta.url))

test('the linter finds planted floating promises', async () => {
  const biome = require.resolve('@biomejs/biome/bin/biome')
  const args = [biome, 'lint', '--config-path=test/lint/planted-biome.json', '--reporter=json', 'test/lint/planted.ts']
  const report = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (_, stdout) => resolve(stdout))
  })
  const { diagnostics } = JSON.parse(report) as {
    diagnostics: { category: string; location: { start: { line: number } } }[]
  }
  const found = diagnostics.map(({ category, location }) => `${category.split('/').at(-1)} ${location.start.line}`)
  assert.deepEqual(found.sort(), ['noFloatingPromises 15', 'noFloatingPromises 9', 'noMisusedPromises 20'])
})
