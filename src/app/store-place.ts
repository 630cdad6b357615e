/** Where a store is: its engine, its path or address, the room on its disk. */
import { readFile, realpath, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { SystemReport } from '../http/deps.ts'
import { maskedStore } from './config.ts'
import { mountOf } from './mounts.ts'

const sqliteScheme = 'sqlite:'

export type StorePlace = Pick<SystemReport, 'engine' | 'location' | 'freeBytes' | 'mount'>

/** @param store as `resolveConfig` lets through. What cannot be told is undefined. */
export async function describePlace(store: string): Promise<StorePlace> {
  if (!store.startsWith(sqliteScheme)) {
    const engine = store.startsWith('postgres') ? 'postgres' : 'memory'
    const location = engine === 'memory' ? undefined : maskedStore(store)
    return { engine, location, freeBytes: undefined, mount: undefined }
  }
  const path = store.slice(sqliteScheme.length)
  // Somebody may have removed the file from under the server.
  const location = await realpath(path).catch(() => resolve(path))
  const [space, mountinfo] = await Promise.all([
    statfs(dirname(location)).catch(() => undefined),
    // There is none but on Linux.
    readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
  ])
  const mount = mountOf(location, mountinfo)
  return {
    engine: 'sqlite',
    location,
    freeBytes: space && space.bavail * space.bsize,
    mount: mount && { ...mount, isOwnVolume: mount.point !== '/' },
  }
}
