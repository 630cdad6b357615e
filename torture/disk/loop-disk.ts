/**
 * A small disk that loses its power. An ext4 file system in an image file on /dev/shm: what was synced is in the image,
 * what was only written is in the page cache above it. A copy of the image is the disk as the cut has left it.
 *
 * A keeper process holds the mount in a mount namespace of its own, and servers enter it: however the keeper ends, the
 * kernel unmounts and detaches with it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type ServerProcess, stopAllThreads } from '../server-process.ts'
import type { StoreDisk } from './store-disk.ts'

const shmFolder = '/dev/shm'
const prefix = 'sekali-torture-'

export interface LoopDiskOptions {
  /** A folder that is made, in which the servers see the disk; for everybody else it stays empty. */
  readonly mountPoint: string
  readonly sizeMiB: number
}

/** @throws Error when this machine has no loop devices, or when the caller is not root. */
export async function openLoopDisk({ mountPoint, sizeMiB }: LoopDiskOptions): Promise<StoreDisk> {
  sweep()
  mkdirSync(mountPoint, { recursive: true })
  const folder = mkdtempSync(join(shmFolder, `${prefix}${process.pid}-`))
  let cuts = 0
  const image = () => join(folder, `disk-${cuts}`)
  writeFileSync(image(), '')
  truncateSync(image(), sizeMiB * 1024 * 1024)
  // Without lazy initialisation: a kernel thread would go on writing to the image.
  execFileSync('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image()])
  let keeper = await mountImage(image(), mountPoint)
  return {
    store: `sqlite:${join(mountPoint, 'events.db')}`,
    get wrapper() {
      return ['nsenter', `--mount=/proc/${keeper.pid}/ns/mnt`]
    },
    file: () => join(`/proc/${keeper.pid}/root`, mountPoint, 'events.db'),
    async crash(server: ServerProcess) {
      // A power cut is one moment, and copying takes several: nobody may write meanwhile. Stopped threads have come back
      // from the system, so that no fsync is under way, and whatever the server has acknowledged was acknowledged before.
      await stopAllThreads(server)
      const before = image()
      cuts++
      copyFileSync(before, image(), constants.COPYFILE_FICLONE)
      await server.kill()
      await unmount(keeper)
      rmSync(before)
      keeper = await mountImage(image(), mountPoint)
    },
    async [Symbol.asyncDispose]() {
      await unmount(keeper)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The process that the mount lives as long as; it dies with this one. */
async function mountImage(image: string, mountPoint: string): Promise<ChildProcess> {
  // The journal is committed by fsync alone, not every few seconds; what is not synced stays in memory for so long.
  const script = 'mount -o loop,commit=600 "$0" "$1" && echo mounted && exec sleep infinity'
  const args = ['--pdeathsig', 'KILL', 'unshare', '--mount', 'sh', '-c', script, image, mountPoint]
  const keeper = spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const ended = once(keeper, 'close').then(() => {
    throw new Error(`a loop device with ext4 is needed, and cannot be mounted: ${complaint}`)
  })
  ended.catch(() => {})
  await Promise.race([once(keeper.stdout, 'data'), ended])
  return keeper
}

async function unmount(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return
  const exited = once(keeper, 'exit')
  keeper.kill('SIGKILL')
  await exited
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
