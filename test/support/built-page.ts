/** The dashboard as `vite build` makes it: there, and never older than its sources. */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withSetUpLock } from './set-up-lock.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const builtIndex = join(root, 'dist/web/index.html')
const lockPath = join(root, 'node_modules/.dashboard-build.lock')

/** Builds it unless it is there and newer than everything in web/. The folder dist/web is then ready to be served. */
export function ensureBuiltPage(): void {
  if (isFresh()) return
  withSetUpLock(lockPath, () => {
    // Another test file may have built it while this one waited.
    if (!isFresh()) build()
  })
}

function isFresh(): boolean {
  const builtAtMs = modifiedAtMs(builtIndex)
  const web = join(root, 'web')
  return readdirSync(web, { recursive: true, encoding: 'utf8' }).every(
    (name) => (modifiedAtMs(join(web, name)) ?? 0) <= (builtAtMs ?? 0),
  )
}

function modifiedAtMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

function build(): void {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build', 'web', '--logLevel', 'warn'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the dashboard does not build:\n${stdout}${stderr}`)
}
