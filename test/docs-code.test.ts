/** The TypeScript of the pages and of the docstrings is checked as if a reader had pasted it into a program. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './support/temporary-folder.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What the reader's program has around a piece of code, by the names it uses and does not declare. */
const surroundings: Readonly<Record<string, string>> = {
  url: 'declare const url: string',
  topic: 'declare const topic: string',
  source: 'declare const source: string',
  secret: 'declare const secret: string',
  body: 'declare const body: string',
  signal: 'declare const signal: AbortSignal',
  request: "declare const request: import('node:http').IncomingMessage",
  answer: 'declare function answer(status: number): void',
  store: 'declare function store(event: unknown): void',
  bill: 'declare function bill(order: unknown): Promise<void>',
  pool: "declare const pool: import('pg').Pool",
  inTransaction:
    "declare function inTransaction<R>(pool: import('pg').Pool, work: (sql: import('pg').ClientBase) => Promise<R>): Promise<R>",
  orders: "declare const orders: import('sekali/client').Subscription",
  Publisher: "import { Publisher } from 'sekali/client'",
  startAggregator: "import { startAggregator } from 'sekali'",
  subscription: "import { subscription } from 'sekali/client'",
  startTestAggregator: "import { startTestAggregator } from 'sekali/testing'",
  tail: "import { tail } from 'sekali/client'",
  pino: "import { pino } from 'pino'",
}

interface Piece {
  /** The page or source file, and which of its pieces. */
  readonly name: string
  readonly code: string
}

function piecesOf(file: string): Piece[] {
  const text = readFileSync(join(root, file), 'utf8')
  const page = file.endsWith('.ts') ? text.replaceAll(/^ *\* ?/gm, '') : text
  const pieces = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
  return pieces.map(([, code = ''], index) => ({ name: `${file.replaceAll('/', '-')}-${index + 1}.ts`, code }))
}

function allPieces(): Piece[] {
  const pages = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md'))
  const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const files = ['README.md', ...pages.map((name) => `docs/${name}`), ...sources.map((name) => `src/${name}`)]
  return files.flatMap(piecesOf)
}

/** The piece as a module of its own; a `return` of the reader's function stands in one. */
function moduleOf({ code }: Piece): string {
  const declared = [...code.matchAll(/(?:const|let|function|import) (?:\{([^}]*)\}|(\w+))/g)]
    .flatMap(([, list, name]) => (list ?? name ?? '').split(','))
    .map((name) => name.trim().split(' ').at(-1))
  const used = Object.entries(surroundings).filter(
    ([name]) => new RegExp(`(?<![.'"/\\w-])${name}\\b(?!['":])`).test(code) && !declared.includes(name),
  )
  const imports = [...code.matchAll(/^import .*$/gm)].map(([line]) => line)
  const rest = code.replaceAll(/^import .*$/gm, '')
  const body = /^\s*(?:if .*)?return\b/m.test(rest) ? `export async function piece() {\n${rest}\n}` : rest
  return [...used.map(([, text]) => text), ...imports, body, 'export {}', ''].join('\n')
}

/** The entries of package.json, as their sources. */
function entryPaths(): Record<string, string[]> {
  const { name, exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    readonly name: string
    readonly exports: Readonly<Record<string, { readonly types: string }>>
  }
  const sourceOf = (types: string) => types.replace('./dist/', root).replace(/\.d\.ts$/, '.ts')
  return Object.fromEntries(
    Object.entries(exports).map(([path, { types }]) => [path.replace('.', name), [sourceOf(types)]]),
  )
}

test('the TypeScript of pages and docstrings is right', async (t) => {
  const folder = temporaryFolder(t)
  symlinkSync(`${root}node_modules`, join(folder, 'node_modules'))
  const pieces = allPieces()
  assert.ok(pieces.length >= 12, 'they were found')
  for (const piece of pieces) writeFileSync(join(folder, piece.name), moduleOf(piece))
  const compilerOptions = {
    ...{ noUnusedLocals: false, noUnusedParameters: false, typeRoots: [`${root}node_modules/@types`] },
    paths: entryPaths(),
  }
  const config = { extends: `${root}tsconfig.json`, compilerOptions, include: ['*.ts'], exclude: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const compiler = [`${root}node_modules/typescript/bin/tsc`, '-p', folder]
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, compiler, { cwd: folder }, (_, stdout, stderr) => resolve(stdout + stderr))
  })
  assert.equal(said, '')
})
