/** What a release is asked before it is one, and what its workflow may do. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { releaseFaults } from '../../.ci/check-release.ts'

const manifest = JSON.stringify({ version: '1.2.3', repository: { type: 'git', url: 'git+https://example.org/a.git' } })
const changelog =
  '# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-01-31\n\n### Added\n- A thing.\n\n## 1.2.2\n- Another.\n'
const release = { tag: 'v1.2.3', manifest, changelog }

const workflow = (name: string) =>
  readFileSync(new URL(`../../.github/workflows/${name}.yml`, import.meta.url), 'utf8').replaceAll(/^ *#.*$/gm, '')

test('a tag with its version and its section in the changelog may be released', () => {
  assert.deepEqual(releaseFaults(release), [])
  assert.deepEqual(releaseFaults({ ...release, changelog: changelog.replace('## 1.2.3', '## [1.2.3]') }), [])
})

test('a tag of another version may not', () => {
  assert.match(releaseFaults({ ...release, tag: 'v1.2.4' }).join(), /tag is v1\.2\.4.*says 1\.2\.3/)
  assert.equal(releaseFaults({ ...release, tag: '1.2.3' }).length, 1)
})

test('a version without a section, or with an empty one, may not', () => {
  assert.match(releaseFaults({ ...release, changelog: '## 1.2.30\n- x\n' }).join(), /no section/)
  assert.match(releaseFaults({ ...release, changelog: '## 1.2.3\n\n## 1.2.2\n- x\n' }).join(), /says nothing/)
})

test('a package that names no repository may not', () => {
  assert.match(releaseFaults({ ...release, manifest: '{ "version": "1.2.3" }' }).join(), /repository/)
})

test('the check of this repository says all that is missing, and fails', () => {
  const script = fileURLToPath(new URL('../../.ci/check-release.ts', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [script, 'v0.0.0'], { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /the tag is v0\.0\.0/)
})

test('the release runs the gate first, publishes with provenance, and knows no token', () => {
  const text = workflow('release')
  assert.match(text, /tags: \['v\*'\]/)
  assert.match(text, /node \.ci\/check-release\.ts "\$GITHUB_REF_NAME"/)
  assert.match(text, /gate:\n {4}needs: check\n {4}uses: \.\/\.github\/workflows\/ci\.yml/)
  assert.match(text, /publish:\n {4}needs: gate\n/)
  assert.match(text, /npm publish --provenance --access public/)
  assert.doesNotMatch(text, /secrets\.|TOKEN|_authToken/)
  assert.match(workflow('ci'), /run: \.ci\/run$/m)
})

test('only the job that publishes may ask for an identity, and nothing may write to the repository', () => {
  for (const name of ['ci', 'release']) assert.doesNotMatch(workflow(name), /write-all|(?<!id-token): write/)
  const [before = '', publish = ''] = workflow('release').split('  publish:')
  assert.doesNotMatch(before, /id-token/)
  assert.match(publish, /id-token: write/)
})
