/** What an acknowledged commit of this server survives, as the server itself says. */
import { AppError } from '../../core/errors.ts'
import type { Connection, Statement } from './connection.ts'

export interface Durability {
  /** As PostgreSQL writes it, for example `ANY 1 (s2, s3)`; empty: no commit waits for a standby. */
  readonly synchronousStandbys: string
  readonly synchronousCommit: string
  /** Of those without which a crash of the server may lose commits. */
  readonly unsafeSettings: readonly string[]
}

const readSettings: Statement = {
  name: 'read_durability',
  text: `
    SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
      current_setting('synchronous_commit') AS synchronous_commit,
      current_setting('synchronous_standby_names') AS synchronous_standby_names`,
}

export async function readDurability(connection: Connection): Promise<Durability> {
  const [settings = {}] = await connection.query(readSettings)
  return {
    synchronousStandbys: String(settings.synchronous_standby_names),
    synchronousCommit: String(settings.synchronous_commit),
    unsafeSettings: ['fsync', 'full_page_writes'].filter((name) => settings[name] === 'off'),
  }
}

/** @throws AppError `store_unavailable` when a commit could be lost though it was acknowledged. */
export function requireDurability({ unsafeSettings, synchronousCommit }: Durability): void {
  const wrong = unsafeSettings.map((name) => `${name} = off`)
  if (!['on', 'remote_apply'].includes(synchronousCommit)) wrong.push(`synchronous_commit = ${synchronousCommit}`)
  if (wrong.length === 0) return
  throw new AppError('store_unavailable', `PostgreSQL runs with ${wrong.join(', ')}: what it acknowledges may be lost`)
}

/** In words, for people. */
export function durabilityText({ synchronousStandbys, synchronousCommit, unsafeSettings }: Durability): string {
  if (unsafeSettings.length > 0) return `not durable: ${unsafeSettings.join(' and ')} off`
  if (synchronousStandbys === '')
    return 'flushed by one server; no standby is waited for (synchronous_standby_names is empty)'
  return `flushed by the primary and by ${synchronousStandbys} (synchronous_commit = ${synchronousCommit})`
}
