/** Starts a server on a disk and waits until it is ready for the checker. */
import { join } from 'node:path'
import type { StoreDisk } from '../disk/store-disk.ts'
import { type ServerProcess, type ServerStart, startServer } from '../server-process.ts'
import type { RunningStore } from './checker.ts'

export interface StartOptions extends ServerStart {
  readonly disk: StoreDisk
  /** Of the trial: the log is written there. */
  readonly folder: string
}

export function startOnDisk({ disk, folder, nodeArgs = [], env = {} }: StartOptions): ServerProcess {
  return startServer({ store: disk.store, wrapper: disk.wrapper, nodeArgs, env, logFile: join(folder, 'server.log') })
}

/** @throws Error when it ends before it listens, or does not say that it is ready. */
export async function waitUntilReady(server: ServerProcess, disk: StoreDisk): Promise<RunningStore> {
  const startedAtMs = performance.now()
  const url = await server.listening
  const { status } = await fetch(`${url}/readyz`)
  if (status !== 200) throw new Error(`the server listens, but /readyz answers ${status}`)
  return { url, file: disk.file(), startedInMs: Math.round(performance.now() - startedAtMs) }
}

export async function startAndWait(options: StartOptions): Promise<ServerProcess & { readonly store: RunningStore }> {
  const server = startOnDisk(options)
  try {
    return { ...server, store: await waitUntilReady(server, options.disk) }
  } catch (thrown) {
    await server.kill()
    throw thrown
  }
}
