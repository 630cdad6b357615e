/** Keeps the layer table of ARCHITECTURE.md: which folder may import which. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../src', import.meta.url))
const webRoot = fileURLToPath(new URL('../web/src', import.meta.url))

/** What each folder may import besides itself; `core` by `client` and `http` by `cli` are for types alone. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  pipeline: ['core'],
  stores: ['core'],
  http: ['core', 'pipeline'],
  client: ['core'],
  app: ['core', 'pipeline', 'stores', 'http', 'client'],
  cli: ['core', 'client', 'app', 'http'],
}

interface Import {
  readonly file: string
  readonly specifier: string
  readonly isTypeOnly: boolean
}

function sourceFiles(folder = root): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))
}

function importsOf(file: string, folder = root): Import[] {
  const text = readFileSync(join(folder, file), 'utf8')
  const pattern = /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm
  return [...text.matchAll(pattern)].map((match) => ({
    file,
    specifier: match[2] ?? match[3] ?? match[4] ?? '',
    isTypeOnly: match[1] !== undefined,
  }))
}

function layerOf(file: string): string {
  return file.split('/')[0] ?? ''
}

function targetOf({ file, specifier }: Import): string {
  return relative(root, resolve(root, dirname(file), specifier))
}

const internalImports = sourceFiles()
  .flatMap((file) => importsOf(file))
  .filter(({ specifier }) => specifier.startsWith('.'))

/** The package's entries, in src/ itself, only gather what others export. */
const layerImports = internalImports.filter(({ file }) => file.includes('/'))

test('every folder of src is a layer of the table', () => {
  const folders = new Set(
    sourceFiles()
      .filter((file) => file.includes('/'))
      .map(layerOf),
  )
  assert.deepEqual([...folders].sort(), Object.keys(allowed).sort())
})

test('imports between layers go one way', () => {
  assert.ok(layerImports.length > 50, 'the imports were found')
  const wrong = layerImports.filter((each) => {
    const [from, to] = [layerOf(each.file), layerOf(targetOf(each))]
    return from !== to && !allowed[from]?.includes(to)
  })
  assert.deepEqual(wrong, [])
})

test('storage engines do not know each other', () => {
  const wrong = layerImports.filter((each) => {
    const [layer, engine] = each.file.split('/')
    const [targetLayer, targetEngine, inside] = targetOf(each).split('/')
    return layer === 'stores' && targetLayer === 'stores' && inside !== undefined && engine !== targetEngine
  })
  assert.deepEqual(wrong, [])
})

test('the client takes only types from the core', () => {
  const wrong = layerImports.filter(
    (each) => layerOf(each.file) === 'client' && layerOf(targetOf(each)) !== 'client' && !each.isTypeOnly,
  )
  assert.deepEqual(wrong, [])
})

test('the command line takes only the types of answers from the HTTP layer', () => {
  const imports = layerImports.filter((each) => layerOf(each.file) === 'cli' && layerOf(targetOf(each)) === 'http')
  assert.deepEqual(
    imports.filter((each) => !each.isTypeOnly || targetOf(each) !== 'http/wire-types.ts'),
    [],
  )
})

test('the core does no I/O and depends on nothing', () => {
  const wrong = sourceFiles()
    .flatMap((file) => importsOf(file))
    .filter(({ file, specifier }) => layerOf(file) === 'core' && !specifier.startsWith('.'))
  assert.deepEqual(wrong, [])
})

/** Pure text and arithmetic: they run in a browser as well. */
const answerReaders = ['raw-events.ts', 'raw-duplicates.ts', 'json-scan.ts', 'counter-rates.ts']

test('the dashboard takes only types from the server, and how its answers are read from the client', () => {
  const imports = sourceFiles(webRoot).flatMap((file) => importsOf(file, webRoot))
  const outside = imports.filter(({ file, specifier }) => join(dirname(file), specifier).startsWith('..'))
  assert.ok(outside.length > 10, 'the imports were found')
  assert.deepEqual(
    outside.filter(
      ({ specifier, isTypeOnly }) =>
        !(isTypeOnly && specifier.endsWith('/src/http/wire-types.ts')) &&
        !answerReaders.some((file) => specifier.endsWith(`/src/client/${file}`)),
    ),
    [],
  )
})

test('no source file has more than 400 lines', () => {
  for (const folder of [root, webRoot]) {
    const long = sourceFiles(folder).filter((file) => readFileSync(join(folder, file), 'utf8').split('\n').length > 401)
    assert.deepEqual(long, [])
  }
})
