/** The commands of the README, run as a reader would, give what the README says. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startTestServer } from './support/server.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const run = promisify(execFile)

interface Step {
  readonly command: string
  /** The JSON that the page shows under the command, if any. */
  readonly expected: unknown
}

/** The curl commands of a section, with the answer that follows; HTTPie's say the same and are left out. */
function stepsOf(file: string, heading: RegExp): Step[] {
  const page = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const section = page.split(/^## /m).find((part) => heading.test(part)) ?? assert.fail(`${file} has no ${heading}`)
  const blocks = [...section.matchAll(/^```(sh|json)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => ({ kind, text }))
  const steps: Step[] = []
  for (const [index, { kind, text = '' }] of blocks.entries()) {
    if (kind !== 'sh' || !text.startsWith('curl')) continue
    const next = blocks.slice(index + 1).find((block) => !(block.kind === 'sh' && block.text?.startsWith('http ')))
    steps.push({ command: text, expected: next?.kind === 'json' ? JSON.parse(next.text ?? '') : undefined })
  }
  return steps
}

/** Members whose values differ from run to run: only their types are compared. */
const volatile = new Set(['uptime_seconds', 'throughput', 'bytes', 'processed_at', 'seen_at'])

function withoutVolatile(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, member) => (volatile.has(key) ? typeof member : member))
}

for (const file of ['README.md', 'README.id.md']) {
  for (const [heading, count] of [
    [/^60 /, 1],
    [/^(Walk-through|Langkah)/, 12],
  ] as const) {
    test(`the commands under ${heading} in ${file} answer what it says`, async (t) => {
      const { url } = await startTestServer(t, { store: `sqlite:${join(temporaryFolder(t), 'walk.db')}` })
      const steps = stepsOf(file, heading)
      assert.equal(steps.length, count)
      for (const { command, expected } of steps) {
        const { stdout } = await run('bash', ['-c', command.replaceAll('localhost:8080', url)])
        const answer: unknown = JSON.parse(stdout)
        if (expected !== undefined) assert.deepEqual(withoutVolatile(answer), withoutVolatile(expected), command)
      }
    })
  }
}

/** Everything that a reader may copy, in order; comments are in the language of the page. */
function copyableOf(file: string): string[] {
  const page = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/^```(?:sh|ts)\n([\s\S]*?)^```$/gm)]
  return blocks.map(([, text = '']) => text.replaceAll(/ +# .*$/gm, ''))
}

test('both languages show the same commands and the same code', () => {
  assert.ok(copyableOf('README.md').length > 20)
  assert.deepEqual(copyableOf('README.id.md'), copyableOf('README.md'))
})

test('both languages lead to the same pages', () => {
  const pagesOf = (file: string) => {
    const page = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
    return [
      ...new Set([...page.matchAll(/\]\(((?:docs|examples|deploy)[^)]*)\)/g)].map(([, path = '']) => path)),
    ].sort()
  }
  assert.deepEqual(pagesOf('README.id.md'), pagesOf('README.md'))
})
