/** One transaction of a writing connection: committed for certain, or an error. */
import { AppError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'

export async function begin(connection: Connection): Promise<void> {
  await connection.run('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
}

/**
 * Resolves when the commit is durable as far as the server was told to make it.
 *
 * @throws AppError `store_unavailable` when that is not known, also after a success with a warning: a server that stops, or a
 *   cancelled wait for the standbys, is told that way.
 */
export async function commit(connection: Connection): Promise<void> {
  const { command } = await connection.run('COMMIT')
  const [warning] = connection.takeWarnings()
  if (warning !== undefined) {
    connection.drop(warning.text)
    throw new AppError('store_unavailable', `PostgreSQL does not vouch for the commit: ${warning.text}`)
  }
  // A transaction in which something has failed answers its COMMIT with this, and no error.
  if (command !== 'COMMIT') throw new AppError('store_unavailable', 'PostgreSQL has rolled the transaction back')
}

/**
 * Answers to what was sent together, in the order of sending.
 *
 * @throws what the first of them failed with, when all have ended: those after it fail because of it.
 */
export async function allOf<T extends readonly unknown[]>(
  sent: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  await Promise.allSettled(sent)
  return Promise.all(sent)
}

/** @param run begins and commits. Whatever it throws, nothing of it is under way afterwards. */
export async function inTransaction<T>(connection: Connection, run: () => Promise<T>): Promise<T> {
  connection.takeWarnings()
  try {
    return await run()
  } catch (thrown) {
    // In the pipeline behind what may still be under way; outside of a transaction it does nothing but warn.
    if (!connection.isLost) await connection.run('ROLLBACK').catch(() => {})
    connection.takeWarnings()
    throw thrown
  }
}
