/** What is in the package, and what must not be: tests of the tarball as `npm publish` would send it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { type PackedPackage, runIn } from '../support/packed-package.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A little above what it is: whoever needs more says so here. */
const budget = { packedBytes: 670_000, unpackedBytes: 2_250_000, files: 900 }

/** Everything that is published. */
const expectedFiles = [
  /^(package\.json|LICENSE|README(\.id)?\.md|CHANGELOG\.md)$/,
  /^bin\/sekali\.js$/,
  /^dist\/src\/[\w/-]+\.(js|d\.ts)$/,
  /^dist\/test\/contract\/[\w-]+\.(js|d\.ts)$/,
  /^dist\/web\/(index\.html|assets\/[\w-]+\.(js|css|svg))$/,
]

/** Without these it would be another package. */
const indispensable = [
  ...['bin/sekali.js', 'dist/src/cli/main.js', 'dist/web/index.html', 'LICENSE', 'README.md', 'CHANGELOG.md'],
  ...['writer-thread', 'reader-thread', 'verify/verify-thread'].map((name) => `dist/src/stores/sqlite/${name}.js`),
]

/** Paths and texts of what the tarball unpacks to. */
async function unpack(t: TestContext, { path, files }: PackedPackage): Promise<ReadonlyMap<string, string>> {
  const folder = temporaryFolder(t)
  await runIn(folder, 'tar', ['-xzf', path])
  return new Map(files.map((file) => [file.path, readFileSync(join(folder, 'package', file.path), 'utf8')]))
}

export async function testContents(t: TestContext, packed: PackedPackage): Promise<void> {
  const texts = await unpack(t, packed)

  await t.test('has what it needs and nothing else', () => {
    const paths = packed.files.map(({ path }) => path)
    assert.deepEqual(
      paths.filter((path) => !expectedFiles.some((pattern) => pattern.test(path))),
      [],
    )
    assert.deepEqual(
      indispensable.filter((path) => !paths.includes(path)),
      [],
    )
  })

  await t.test('keeps within its size', (t) => {
    const largest = packed.files.toSorted((one, other) => other.size - one.size).slice(0, 20)
    const { packedBytes, unpackedBytes, files } = packed
    const sizes = { packedBytes, unpackedBytes, files: files.length }
    t.diagnostic(JSON.stringify(sizes))
    const isTooLarge = packedBytes > budget.packedBytes || unpackedBytes > budget.unpackedBytes
    assert.ok(
      !isTooLarge && files.length <= budget.files,
      `${JSON.stringify(sizes)} of ${JSON.stringify(budget)}; the largest files:\n${largest
        .map(({ path, size }) => `${String(size).padStart(9)} ${path}`)
        .join('\n')}`,
    )
  })

  await t.test('runs nothing when it is installed', () => {
    const { scripts = {} } = JSON.parse(texts.get('package.json') ?? '')
    const whenInstalled = ['preinstall', 'install', 'postinstall', 'preprepare', 'postprepare', 'dependencies']
    assert.deepEqual(
      whenInstalled.filter((name) => name in scripts),
      [],
    )
    // npm makes an install script of its own of this one.
    assert.equal(texts.has('binding.gyp'), false)
  })

  await t.test('holds no seeded bug and no switch for one, and no trace of the machine that built it', () => {
    for (const [path, text] of texts) {
      assert.doesNotMatch(text, /SEKALI_SEEDED_BUG|seeded.?bug|registerHooks|torture\/bugs/i, path)
      assert.doesNotMatch(text, /sourceMappingURL|sekali-test-|\/home\/|\/root\//, path)
    }
  })

  await t.test('has nothing that publint would mend', async () => {
    const tarball = readFileSync(packed.path)
    const { messages, pkg } = await publint({ pack: { tarball: Uint8Array.from(tarball).buffer }, strict: true })
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    )
  })

  await t.test('has types that are right for every entry, in Node and for bundlers', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(packed.path)))
    assert.ok(analysis.types, 'there are types')
    const { exports } = JSON.parse(texts.get('package.json') ?? '')
    assert.deepEqual(Object.keys(analysis.entrypoints), Object.keys(exports))
    // ESM alone, by intention: a `require` of it works in the Nodes it runs on, and TypeScript for older ones is not served.
    const relevant = analysis.problems.filter(
      (problem) => !('resolutionKind' in problem) || ['node16-esm', 'bundler'].includes(problem.resolutionKind),
    )
    assert.deepEqual(relevant, [])
  })
}
