/** docs/reference/ is what the docstrings say now. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { writeReference } from '../docs/write-reference.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

function pagesIn(folder: string): ReadonlyMap<string, string> {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]))
}

test('the reference pages are what the docstrings give; npm run docs writes them', async (t) => {
  const folder = temporaryFolder(t)
  await writeReference(folder)
  assert.deepEqual(pagesIn(`${root}docs/reference`), pagesIn(folder))
})

test('every entry of the package has a page, and no page knows where it was written', () => {
  const { name, exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const entries = Object.keys(exports).map((path) => path.replace('.', name).replaceAll('/', '.'))
  const pages = pagesIn(`${root}docs/reference`)
  assert.deepEqual([...pages.keys()].sort(), [...entries.map((entry) => `${entry}.md`), 'README.md'].sort())
  for (const [page, text] of pages) assert.doesNotMatch(text, /file:\/\/|\/(tmp|home|root|work|usr)\//, page)
})
