/** Seeded bugs fit the program as it is, and are nowhere but in the processes that are started with them. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { applyChange } from '../../torture/bugs/apply-change.ts'
import { seededBugs } from '../../torture/bugs/index.ts'
import { bugVariable } from '../../torture/bugs/seeded-bug.ts'
import { faults } from '../../torture/faults/index.ts'
import { bugTable } from '../../torture/runner/page.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const register = join(root, 'torture/bugs/register.ts')

test('every seeded bug changes one file of src, in one place, into a program that can be loaded', () => {
  for (const bug of seededBugs) {
    assert.match(bug.file, /^src\//)
    const source = readFileSync(join(root, bug.file), 'utf8')
    const changed = applyChange(bug, source)
    assert.notEqual(changed, source, bug.name)
    stripTypeScriptTypes(changed)
  }
})

test('every seeded bug has a name of its own, and something that catches it', () => {
  assert.equal(new Set(seededBugs.map(({ name }) => name)).size, seededBugs.length)
  for (const { name, caughtBy } of seededBugs) assert.ok(caughtBy.length > 0, name)
  const named = seededBugs.flatMap(({ caughtBy }) => caughtBy).filter((catcher) => catcher.kind === 'fault')
  for (const { fault } of named) assert.ok(faults.some(({ name }) => name === fault))
})

test('docs/torture.md has the table of all seeded bugs', () => {
  assert.ok(
    readFileSync(join(root, 'docs/torture.md'), 'utf8').includes(bugTable(seededBugs)),
    `the table must be\n${bugTable(seededBugs)}`,
  )
})

test('a bug whose place is gone, or is not the only one, is an error', () => {
  const bug = { name: 'b', what: '', file: 'src/a.ts', find: 'one', replace: 'two', caughtBy: [] }
  assert.equal(applyChange(bug, 'this one $&'), 'this two $&')
  assert.throws(() => applyChange(bug, 'nothing'), /b no longer fits: its text occurs 0 times in src\/a\.ts/)
  assert.throws(() => applyChange(bug, 'one and one'), /occurs 2 times/)
})

test('a process that is to have a bug which is not there does not start', () => {
  const env = { ...process.env, [bugVariable]: 'nonsense' }
  const { status, stderr } = spawnSync(process.execPath, ['--import', register, '-e', '0'], { env, encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /there is no seeded bug "nonsense"/)
})

test('the package has nothing of the torture program, and the program knows nothing of seeded bugs', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] }
  assert.deepEqual(files.toSorted(), ['CHANGELOG.md', 'README.id.md', 'bin', 'dist'])
  // `dist` holds what these become.
  const built = execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json', '--listFilesOnly'], {
    cwd: root,
    encoding: 'utf8',
  })
  const own = built.split('\n').filter((line) => !line.includes('/node_modules/'))
  assert.ok(own.some((file) => file.endsWith('/src/index.ts')))
  assert.deepEqual(
    own.filter((file) => file.includes('/torture/')),
    [],
  )
  for (const name of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue
    assert.doesNotMatch(readFileSync(join(root, 'src', name), 'utf8'), /torture\/|SEEDED_BUG/, name)
  }
})
