/** The package as it is published: what is in it; then, in an empty project: installed by npm, checked by TypeScript, run. */
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { checkTypes, installPackage, type PackageProject, serveInstalled } from '../support/package-project.ts'
import { packPackage, repository } from '../support/packed-package.ts'
import { testContents } from './contents.ts'

const { version: nodeTypesVersion } = createRequire(import.meta.url)('@types/node/package.json')

/** What `Publisher` weighs in somebody's page, minified; a little above what it is. */
const maxBundleBytes = { minified: 21_000, gzipped: 8_000 }

const event = { topic: 'orders', event_id: 'order-17', timestamp: '2026-01-31T09:30:00Z', source: 'shop', payload: {} }

async function publish(url: string): Promise<object> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/publish`, { method: 'POST', headers, body: JSON.stringify(event) })
  const { unique, duplicates } = (await response.json()) as { unique: number; duplicates: number }
  return { status: response.status, unique, duplicates }
}

/** @returns how many files of the page were there; all of them. */
async function loadDashboard(url: string): Promise<number> {
  const page = await fetch(url, { headers: { accept: 'text/html' } })
  const files = [...(await page.text()).matchAll(/(?:src|href)="(\.\/assets\/[^"]+)"/g)].map(([, file = '']) => file)
  for (const file of files) {
    const response = await fetch(new URL(file, `${url}/`))
    assert.equal(response.status, 200, file)
    assert.notEqual((await response.text()).length, 0, file)
  }
  return files.length
}

/** What a bundler makes of a file of the project for browsers. */
async function bundle({ folder }: PackageProject, file: string): Promise<string> {
  const result = await build({
    ...{ root: folder, configFile: false, logLevel: 'silent' },
    build: { write: false, minify: true, rollupOptions: { input: join(folder, file) }, modulePreload: false },
  })
  const outputs = [result].flat().flatMap((each) => ('output' in each ? each.output : []))
  assert.deepEqual(
    outputs.map(({ type }) => type),
    ['chunk'],
  )
  return outputs.map((each) => (each.type === 'chunk' ? each.code : '')).join('')
}

/** Longer than other tests: npm installs a hundred packages, from a registry that may be slow. */
const timeout = 300_000

test('the package', { timeout }, async (t) => {
  const packed = await packPackage(t)
  await t.test('as it is packed', (t) => testContents(t, packed))
  const project = await installPackage(t, [packed.path, `@types/node@${nodeTypesVersion}`])
  cpSync(join(repository, 'test/package/project'), project.folder, { recursive: true })

  await t.test('no package that comes with it has a script to run', () => {
    const { packages } = JSON.parse(project.read('package-lock.json'))
    const names = Object.keys(packages)
    assert.ok(names.includes('node_modules/sekali') && names.includes('node_modules/fastify'))
    assert.deepEqual(
      names.filter((name) => packages[name].hasInstallScript),
      [],
    )
  })

  await t.test('npx sekali serve stores once across kill -9, and shows its dashboard', async (t) => {
    const store = `sqlite:${join(project.folder, 'log.db')}`
    const first = await serveInstalled(t, project, ['--store', store])
    assert.deepEqual(await publish(first.url), { status: 202, unique: 1, duplicates: 0 })
    assert.ok((await loadDashboard(first.url)) >= 3)
    await first.kill()
    const second = await serveInstalled(t, project, ['--store', store])
    assert.deepEqual(await publish(second.url), { status: 202, unique: 0, duplicates: 1 })
    await second.kill()
    assert.match(await project.run('npx', ['--no-install', 'sekali', 'verify', '--store', store]), /1 event/)
  })

  await t.test('every entry does what it is for', async () => {
    assert.equal(
      await project.run(process.execPath, ['every-entry.ts']),
      `client: stored, duplicate
refused: refused 422
tail: order-17
billed: 1200
subscription: applied, known
pino: order created, true
webhook: false
store: sqlite, store_locked
contract: function, 10000
`,
    )
  })

  await t.test('the suite for stores runs', async () => {
    const report = await project.run(process.execPath, ['--test', '--test-reporter=tap', 'contract.ts'])
    assert.match(report, /^# fail 0$/m)
    assert.ok(Number(/^# pass (\d+)$/m.exec(report)?.[1]) > 100, 'it has tests')
  })

  for (const [module, moduleResolution, compiler] of [
    ['nodenext', 'nodenext', 'typescript'],
    ['esnext', 'bundler', 'typescript'],
    ['nodenext', 'nodenext', 'typescript-6'],
  ] as const) {
    await t.test(`types are right for ${compiler}, moduleResolution ${moduleResolution}, without a DOM`, async () => {
      const compilerOptions = { module, moduleResolution, lib: ['esnext'], types: ['node'] }
      const files = ['every-entry.ts', 'contract.ts']
      const needed = await checkTypes(project, { compilerOptions, files, compiler })
      // Types of the HTTP framework took ten seconds of everybody who embeds the server.
      assert.deepEqual(
        needed.filter((path) => /node_modules\/(@?fastify|typebox|pg)\//.test(path)),
        [],
      )
      assert.ok(needed.some((path) => /node_modules\/sekali\/dist\/src\/index\.d\.ts$/.test(path)))
    })
  }

  await t.test('the types of the client are right in a page, without Node', async () => {
    const compilerOptions = { module: 'esnext', moduleResolution: 'bundler', lib: ['esnext', 'dom'], types: [] }
    await checkTypes(project, { compilerOptions, files: ['page.ts'] })
  })

  await t.test('a bundle of the client is small and has nothing of Node', async (t) => {
    const code = await bundle(project, 'page.ts')
    assert.doesNotMatch(code, /node:|browser-external|process\.(?!getBuiltinModule)/)
    const sizes = { minified: code.length, gzipped: gzipSync(code).length }
    t.diagnostic(JSON.stringify(sizes))
    assert.ok(
      sizes.minified <= maxBundleBytes.minified && sizes.gzipped <= maxBundleBytes.gzipped,
      `${JSON.stringify(sizes)} of ${JSON.stringify(maxBundleBytes)}`,
    )
  })
})
