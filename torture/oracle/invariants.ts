/**
 * The promises, one function each: what a history and a snapshot of the store after it say against them. A snapshot is
 * taken when nothing is under way.
 */
import type { History } from './history.ts'
import type { Counts, Snapshot } from './snapshot.ts'

/** Of one kind in one check: a store that is lost would be described for ever. */
const maxNamed = 5

/**
 * From the start of the process until it is ready. A store of this size takes a second; ten were seen on a machine with
 * eight other programs a core. It is there to tell a start from a wait.
 */
export const startBudgetMs = 60_000

interface Checked {
  readonly history: History
  readonly snapshot: Snapshot
}

type Invariant = (checked: Checked) => string[]

const invariants: Readonly<Record<string, Invariant>> = {
  I1: ackedIsStored,
  I2: noKeyTwice,
  I3: nothingInvented,
  I4: contentIsEqual,
  I5: seqsAreNotReused,
  I6: countsAddUp,
  I7: acksStay,
  I8: ({ snapshot }) => [...snapshot.damage],
  I9: ({ snapshot }) =>
    snapshot.startedInMs <= startBudgetMs
      ? []
      : [`ready ${snapshot.startedInMs} ms after its start; at most ${startBudgetMs} are allowed`],
}

/** @returns violations in sentences, each with the invariant it breaks. */
export function check(checked: Checked): string[] {
  const found = Object.entries(invariants).flatMap(([name, invariant]) => few(name, invariant(checked)))
  const inWire = checked.history.contradictions.filter(({ invariant }) => invariant === 'wire')
  return [...found, ...few('wire', textsOf(inWire))]
}

/** I10. What sending everything once more has changed. */
export function checkResend(before: Snapshot, after: Snapshot, resentEvents: number): string[] {
  const expected: Counts = {
    ...before.counts,
    received: before.counts.received + resentEvents,
    duplicates: before.counts.duplicates + resentEvents,
  }
  const faults: string[] = []
  for (const name of ['received', 'unique', 'duplicates', 'conflicts', 'lastSeq'] as const) {
    const [wanted, found] = [expected[name], after.counts[name]]
    if (wanted !== found) faults.push(`after ${resentEvents} events were resent, ${name} is ${found}, not ${wanted}`)
  }
  if (after.rows.length !== before.rows.length) {
    faults.push(`after everything was resent there are ${after.rows.length} events, not ${before.rows.length}`)
  }
  return few('I10', faults)
}

/** Once all events have an ack, the counts are known exactly. */
export function checkSettled({ history, snapshot }: Checked): string[] {
  const { unique } = snapshot.counts
  if (unique === history.digests.size) return []
  return [`I6: ${history.digests.size} different events were sent and acknowledged, but unique_processed is ${unique}`]
}

function ackedIsStored({ history, snapshot }: Checked): string[] {
  const stored = new Map(snapshot.rows.map(({ key, seq }) => [key, seq]))
  const faults = contradictionsOf(history, 'I1')
  for (const [key, { seq }] of history.promised) {
    const found = stored.get(key)
    if (found === undefined) faults.push(`${key} was acknowledged as seq ${seq} and is not stored`)
    else if (found !== seq) faults.push(`${key} was acknowledged as seq ${seq} and is stored as seq ${found}`)
  }
  return faults
}

function noKeyTwice({ history, snapshot }: Checked): string[] {
  const seqs = new Map<string, number>()
  const faults = contradictionsOf(history, 'I2')
  for (const { key, seq } of snapshot.rows) {
    const before = seqs.get(key)
    if (before !== undefined) faults.push(`${key} is stored as seq ${before} and as seq ${seq}`)
    seqs.set(key, seq)
  }
  return faults
}

function nothingInvented({ history, snapshot }: Checked): string[] {
  const invented = snapshot.rows.filter(({ key }) => !history.digests.has(key))
  return invented.map(({ key, seq }) => `seq ${seq} is ${key}, which nobody sent`)
}

function contentIsEqual({ history, snapshot }: Checked): string[] {
  const faults = contradictionsOf(history, 'I4')
  for (const { key, seq, digest } of snapshot.rows) {
    const sent = history.digests.get(key)
    if (sent !== undefined && sent !== digest) faults.push(`seq ${seq}, ${key}, is stored with other bytes than sent`)
  }
  return faults
}

function seqsAreNotReused({ history, snapshot }: Checked): string[] {
  const faults = contradictionsOf(history, 'I5')
  const stored = new Map(snapshot.rows.map(({ key, seq }) => [seq, key]))
  for (const [seq, key] of history.shown) {
    const found = stored.get(seq)
    if (found !== key) faults.push(`seq ${seq} was shown as ${key} and is now ${found ?? 'not stored'}`)
  }
  for (const [tail, seqs] of history.tails) {
    for (const [index, seq] of seqs.entries()) {
      const before = seqs[index - 1] ?? 0
      if (seq <= before) faults.push(`the tail ${tail} was shown seq ${seq} after seq ${before}`)
    }
  }
  return [...faults, ...gapsOf(history.tails.get('all') ?? [], snapshot)]
}

/** A tail that asked for everything was shown every event up to the last one that it was shown. */
function gapsOf(seqs: readonly number[], { rows }: Snapshot): string[] {
  const seen = new Set(seqs)
  const lastSeq = seqs.at(-1) ?? 0
  const skipped = rows.filter(({ seq }) => seq <= lastSeq && !seen.has(seq))
  return skipped.map(({ seq }) => `the tail of everything was never shown seq ${seq}, but seq ${lastSeq}`)
}

function countsAddUp({ history, snapshot }: Checked): string[] {
  const { counts, rows } = snapshot
  const { received, unique, duplicates, conflicts, lastSeq } = counts
  const most = history.ackedEvents + history.unknownEvents
  // What is stored and was never answered "stored" was stored by a request that had no answer, and that counts as well.
  const unanswered = rows.filter(({ key }) => (history.promised.get(key)?.storedAcks ?? 0) === 0).length
  const least = history.ackedEvents + unanswered
  const faults: string[] = []
  if (received !== unique + duplicates)
    faults.push(`received is ${received}, but ${unique} + ${duplicates} were counted`)
  if (unique !== rows.length) faults.push(`unique_processed is ${unique}, but ${rows.length} events are stored`)
  if (conflicts !== 0) faults.push(`${conflicts} conflicts are counted, but each key was sent with one content`)
  if (received < least || received > most) {
    faults.push(`received is ${received}, but it must be at least ${least} and at most ${most} after these answers`)
  }
  const last = rows.at(-1)?.seq ?? 0
  if (lastSeq !== last) faults.push(`last_seq is ${lastSeq}, but the last stored event is seq ${last}`)
  return faults
}

function acksStay({ history, snapshot }: Checked): string[] {
  const faults = contradictionsOf(history, 'I7')
  for (const { name, position, acked, deadLetters } of snapshot.subscriptions) {
    const done = history.done.get(name)?.size ?? 0
    const acking = history.acking.get(name) ?? new Set()
    if (acked < done) faults.push(`${name} counts ${acked} acks, but ${done} were confirmed`)
    if (acked > acking.size) faults.push(`${name} counts ${acked} acks, but only ${acking.size} were asked for`)
    if (deadLetters > 0) faults.push(`${name} has ${deadLetters} dead letters, though nothing was given up`)
    for (const { key, seq } of snapshot.rows) {
      const isWanted = name === 'all' || key.startsWith('orders.')
      if (seq > position || !isWanted || acking.has(seq)) continue
      faults.push(`${name} is at position ${position}, but nobody has acked seq ${seq}`)
    }
  }
  return faults
}

function contradictionsOf(history: History, name: string): string[] {
  return textsOf(history.contradictions.filter(({ invariant }) => invariant === name))
}

function textsOf(contradictions: History['contradictions']): string[] {
  return contradictions.map(({ text }) => text)
}

function few(name: string, faults: readonly string[]): string[] {
  const named = faults.slice(0, maxNamed).map((text) => `${name}: ${text}`)
  const left = faults.length - named.length
  return left === 0 ? named : [...named, `${name}: and ${left} more`]
}
