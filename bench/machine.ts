/** What a result was measured on, for the file that it is kept in. */
import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem, type } from 'node:os'

/** By the numbers of statfs(2). */
const fileSystems = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x794c7630, 'overlay'],
  [0x01021994, 'tmpfs'],
])

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly system: string
  readonly node: string
  readonly sqlite: string
  /** Of the temporary folder, where all stores are put. */
  readonly fileSystem: string
}

export function describeMachine(): Machine {
  const fileSystem = statfsSync(tmpdir()).type
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    sqlite: process.versions.sqlite ?? 'unknown',
    fileSystem: fileSystems.get(fileSystem) ?? `0x${fileSystem.toString(16)}`,
  }
}

/** The commit that was measured; `+` after it means that files had changed since. */
export function describeCommit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'
  return git('rev-parse', '--short=12', 'HEAD') + changed
}
