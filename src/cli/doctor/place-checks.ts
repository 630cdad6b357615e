/** The disk and the file system that a store is on. */
import { formatBytes } from '../format.ts'
import { printable } from '../output.ts'
import { type Check, ok, problem, warning } from './check.ts'

const fewBytes = 1_000_000_000
const tooFewBytes = 100_000_000

export function checkDisk(freeBytes: number): Check {
  const name = 'disk'
  const detail = `${formatBytes(freeBytes)} free`
  const advice = 'make room: when the disk is full, publishers wait (503) until there is some again'
  if (freeBytes < tooFewBytes) return problem(name, { detail, advice })
  return freeBytes < fewBytes ? warning(name, { detail, advice }) : ok(name, detail)
}

const inMemory = ['tmpfs', 'ramfs']
const overNetwork =
  /^(nfs\d?|cifs|smb\d?|smbfs|afs|ceph|9p|glusterfs|lustre|fuse\.(sshfs|glusterfs|s3fs|rclone|ceph-fuse))$/

export interface Mount {
  readonly point: string
  readonly type: string
}

export function checkVolume({ point, type }: Mount): Check {
  const name = 'volume'
  const detail = printable(`${type} mounted at ${point}`)
  if (inMemory.includes(type)) {
    const advice = 'move the store to a disk: what is there is gone when the machine starts again'
    return warning(name, { detail: `${detail}, which is memory`, advice })
  }
  if (overNetwork.test(type)) {
    const advice = 'move the store to a local disk: locks and fsync of SQLite cannot be relied on over a network'
    return problem(name, { detail: `${detail}, a network file system`, advice })
  }
  if (type === 'overlay') {
    const advice = 'mount a volume where the store is: what a container writes elsewhere ends with it'
    return warning(name, { detail: `${detail}, the file system of a container`, advice })
  }
  return ok(name, detail)
}
