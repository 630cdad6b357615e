/** Where the store of a trial lies, and how the machine that it lies on dies. */
import { join } from 'node:path'
import type { ServerProcess } from '../server-process.ts'

export interface StoreDisk extends AsyncDisposable {
  /** As in `--store`, for the server. */
  readonly store: string
  /** What a server is started through; see `ServerProcessOptions`. */
  readonly wrapper: readonly string[]
  /** The store's file as this process reaches it; another place after a crash. */
  file(): string
  /** Ends the server. What was not safe on the disk at that moment is lost with it. */
  crash(server: ServerProcess): Promise<void>
}

/** A folder of this machine, which goes on: what a process has written outlives it. */
export function folderDisk(folder: string): StoreDisk {
  const file = join(folder, 'events.db')
  return {
    store: `sqlite:${file}`,
    wrapper: [],
    file: () => file,
    crash: (server) => server.kill(),
    async [Symbol.asyncDispose]() {},
  }
}
