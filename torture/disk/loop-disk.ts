/**
 * A small disk that loses its power. An ext4 file system in an image file on /dev/shm: what was synced is in the image,
 * what was only written is in the page cache above it. A copy of the image is the disk as the cut has left it.
 *
 * Each server mounts the image in a mount namespace of its own: however it ends, the kernel unmounts and detaches with it.
 */
import { execFileSync } from 'node:child_process'
import {
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ServerProcess } from '../server-process.ts'
import type { StoreDisk } from './store-disk.ts'

const shmFolder = '/dev/shm'
const prefix = 'sekali-torture-'
const stopPollMs = 1
const maxStopMs = 10_000

export interface LoopDiskOptions {
  /** An empty folder, which the servers see the disk in. */
  readonly mountPoint: string
  readonly sizeMiB: number
}

/**
 * @throws Error when this machine has no loop devices, or when the caller is not root.
 */
export function openLoopDisk({ mountPoint, sizeMiB }: LoopDiskOptions): StoreDisk {
  sweep()
  mkdirSync(mountPoint, { recursive: true })
  const folder = mkdtempSync(join(shmFolder, `${prefix}${process.pid}-`))
  let cuts = 0
  const image = () => join(folder, `disk-${cuts}`)
  writeFileSync(image(), '')
  truncateSync(image(), sizeMiB * 1024 * 1024)
  // Without lazy initialisation: a kernel thread would go on writing to the image.
  execFileSync('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image()])
  // The journal is committed by fsync alone, not every few seconds; what is not synced stays in memory for so long.
  const mount = 'mount -o loop,commit=600 "$0" "$1" && shift && exec "$@"'
  return {
    store: `sqlite:${join(mountPoint, 'events.db')}`,
    get wrapper() {
      return ['unshare', '--mount', 'sh', '-c', mount, image(), mountPoint]
    },
    fileOf: ({ pid }) => join(`/proc/${pid}/root`, mountPoint, 'events.db'),
    async crash(server) {
      await waitUntilMounted(server)
      // A power cut is one moment, and copying takes several: nobody may write meanwhile. Stopped threads have come back
      // from the system, so that no fsync is under way, and whatever the server has acknowledged was acknowledged before.
      await stopAllThreads(server)
      const before = image()
      cuts++
      copyFileSync(before, image(), constants.COPYFILE_FICLONE)
      await server.kill()
      rmSync(before)
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Until the program itself runs: before that, the mount is not over. */
async function waitUntilMounted({ pid, child }: ServerProcess): Promise<void> {
  for (let waitedMs = 0; waitedMs < maxStopMs; waitedMs += stopPollMs) {
    if (child.exitCode !== null || child.signalCode !== null) return
    if (readlinkSync(`/proc/${pid}/exe`) === readlinkSync('/proc/self/exe')) return
    await pause(stopPollMs)
  }
  throw new Error('the image was not mounted in time')
}

export async function stopAllThreads({ pid, child }: ServerProcess): Promise<void> {
  child.kill('SIGSTOP')
  for (let waitedMs = 0; waitedMs < maxStopMs; waitedMs += stopPollMs) {
    if (isStopped(pid)) return
    await pause(stopPollMs)
  }
  throw new Error('the server did not stop in time')
}

/** Also true when it has ended. */
export function isStopped(pid: number): boolean {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`)
    return tasks.every((task) => /\) [TZXt] /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1')))
  } catch {
    return false
  }
}

/** Removes what killed processes have left. Mounts and loop devices have gone with them. */
function sweep(): void {
  for (const name of readdirSync(shmFolder)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : 0
    if (pid > 0 && !isAlive(pid)) rmSync(join(shmFolder, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
