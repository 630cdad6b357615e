/** `sekali/client` runs where there is no Node: nothing that it imports may need one. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const entry = fileURLToPath(new URL('../../src/client/index.ts', import.meta.url))

/** Every file that the entry needs when it runs. */
function runtimeFiles(file: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(file)) return found
  const text = readFileSync(file, 'utf8')
  found.set(file, text)
  for (const [, isTypeOnly, specifier = ''] of text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'/gm,
  )) {
    if (isTypeOnly !== undefined) continue
    assert.ok(specifier.startsWith('./'), `${file} imports ${specifier}`)
    runtimeFiles(resolve(dirname(file), specifier), found)
  }
  return found
}

test('the client imports its own files and nothing else, and names no global of Node', () => {
  const files = runtimeFiles(entry)
  assert.ok(files.size > 15, 'the imports were found')
  for (const [file, text] of files) {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    const wrong = /\b(?:node:|Buffer\b|process\.|global\.|require\(|NodeJS\.|setImmediate\b|__dirname)/.exec(code)
    assert.equal(wrong?.[0], undefined, file)
    assert.ok(!file.includes('/spool/') && !file.includes('/pino/'), file)
  }
})

test('it is bundled for browsers into one small file without imports', async () => {
  const built = await build({
    ...{ configFile: false, logLevel: 'silent' },
    build: { write: false, lib: { entry, formats: ['es'], fileName: 'client' }, minify: true, target: 'es2022' },
  })
  const chunks = [built].flat().flatMap((each) => ('output' in each ? each.output : []))
  assert.equal(chunks.length, 1)
  const [chunk] = chunks
  const code = chunk !== undefined && 'code' in chunk ? chunk.code : ''
  assert.doesNotMatch(code, /\bimport\b|node:|Buffer|process\./)
  assert.ok(code.length > 5000 && code.length < 40_000, `${code.length} bytes`)
})
