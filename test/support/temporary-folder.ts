/** A folder for one test, removed after it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { afterTest } from './after-test.ts'

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sekali-test-'))
  afterTest(t, () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
