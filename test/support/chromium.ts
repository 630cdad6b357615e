/** Where Chromium is on this machine; Debian's is installed when there is none and it can be. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { withSetUpLock } from './set-up-lock.ts'

const commands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const installCommand = 'apt-get install --no-install-recommends chromium fonts-dejavu-core'

/**
 * The environment's CHROMIUM_PATH, or the first of the usual commands.
 *
 * @throws Error that says how to install it: a test in a browser fails without one, it is never skipped.
 */
export function chromiumPath(): string {
  const found = process.env.CHROMIUM_PATH ?? findCommand(commands)
  if (found !== undefined) return found
  if (process.getuid?.() !== 0 || findCommand(['apt-get']) === undefined) {
    throw new Error(`no Chromium: run "sudo ${installCommand}", or name another one in CHROMIUM_PATH`)
  }
  return withSetUpLock(join(tmpdir(), 'sekali-chromium-install.lock'), () => findCommand(commands) ?? install())
}

function install(): string {
  const script = `apt-get update -qq && ${installCommand.replace('install', 'install -y -qq')}`
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  const found = findCommand(commands)
  if (status !== 0 || found === undefined) throw new Error(`"${installCommand}" failed:\n${stdout}${stderr}`)
  return found
}

function findCommand(names: readonly string[]): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
