/** Lets one of several test processes prepare what they all need. The lock dies with its process. */
import { DatabaseSync } from 'node:sqlite'

/** Installing a browser over a slow line. */
const longestWaitMs = 600_000

/**
 * Waits until no other process holds it. Blocks this process: before its first test there is nothing else to do.
 *
 * @param path a file that exists for nothing else.
 */
export function withSetUpLock<T>(path: string, run: () => T): T {
  using lock = new DatabaseSync(path, { timeout: longestWaitMs })
  lock.exec('BEGIN EXCLUSIVE')
  return run()
}
