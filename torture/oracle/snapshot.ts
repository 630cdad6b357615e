/** What a server that nobody talks to holds: its file, read past it, and what it says of itself. */
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openVerification } from '../../src/app/verify-store.ts'
import { digestOf, keyOf } from './sent-event.ts'

export interface StoredRow {
  readonly seq: number
  readonly key: string
  readonly digest: string
}

export interface Counts {
  readonly received: number
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
  readonly lastSeq: number
}

export interface SubscriptionSnapshot {
  readonly name: string
  /** Everything up to this seq is done with. */
  readonly position: number
  readonly acked: number
  readonly deadLetters: number
}

export interface Snapshot {
  /** By seq. */
  readonly rows: readonly StoredRow[]
  readonly counts: Counts
  readonly subscriptions: readonly SubscriptionSnapshot[]
  /** What is wrong with the file. */
  readonly damage: readonly string[]
  readonly startedInMs: number
}

/** A copy of the store's files, of a server that does not write now; what was there before is replaced. */
export function copyStore(file: string, folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const copy = join(folder, 'events.db')
  for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix)
  return copy
}

export function readRows(db: DatabaseSync): StoredRow[] {
  const select = db.prepare(
    `SELECT event.seq, topic.name, event.event_id, event.timestamp, event.source, event.payload
     FROM event JOIN topic ON topic.id = event.topic_id ORDER BY event.seq`,
  )
  const rows: StoredRow[] = []
  for (const row of select.iterate()) {
    const [timestamp, source, payload] = [String(row.timestamp), String(row.source), String(row.payload)]
    const key = keyOf(String(row.name), String(row.event_id))
    rows.push({ seq: Number(row.seq), key, digest: digestOf({ timestamp, source, payload }) })
  }
  return rows
}

/** I8. One function, so that all that can look a file over is asked. @returns what is wrong, in sentences. */
export async function findDamage(copy: string, signal: AbortSignal): Promise<string[]> {
  const db = new DatabaseSync(copy)
  try {
    const lines = db.prepare('PRAGMA integrity_check').all()
    const faults = lines.map((line) => String(line.integrity_check)).filter((text) => text !== 'ok')
    // What `verify` would say of a file that SQLite cannot read adds nothing.
    if (faults.length > 0) return faults.map((text) => `PRAGMA integrity_check says: ${text}`)
  } finally {
    db.close()
  }
  const { checks } = await openVerification(`sqlite:${copy}`).run({ signal, onProgress() {} })
  return checks.flatMap(({ name, described }) => described.map((text) => `sekali verify, ${name}: ${text}`))
}

/** Asks a server for its counters and subscriptions. @throws Error when it does not answer. */
export async function readReport(url: string): Promise<Pick<Snapshot, 'counts' | 'subscriptions'>> {
  const stats = parseStats(await getText(`${url}/stats`))
  const subscriptions = parseSubscriptions(await getText(`${url}/subscriptions`))
  return { counts: stats, subscriptions }
}

async function getText(url: string): Promise<string> {
  const answer = await fetch(url)
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`GET ${url} was answered ${answer.status}: ${text}`)
  return text
}

function parseStats(text: string): Counts {
  const { received, unique_processed, duplicate_dropped, conflicts, store } = JSON.parse(text) as Record<
    'received' | 'unique_processed' | 'duplicate_dropped' | 'conflicts',
    number
  > & { store: { last_seq: number } }
  return { received, unique: unique_processed, duplicates: duplicate_dropped, conflicts, lastSeq: store.last_seq }
}

function parseSubscriptions(text: string): SubscriptionSnapshot[] {
  const { subscriptions } = JSON.parse(text) as {
    subscriptions: { name: string; position: number; acked: number; dead_letters: number }[]
  }
  return subscriptions.map(({ name, position, acked, dead_letters: deadLetters }) => ({
    name,
    position,
    acked,
    deadLetters,
  }))
}
