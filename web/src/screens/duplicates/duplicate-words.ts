/** What the summed-up duplicates say, in plain words. No DOM. */
import type { DuplicatedEventsAnswer, DuplicateSourceAnswer } from '../../../../src/http/wire-types.ts'
import { count } from '../../state/format.ts'
import { duration } from '../../state/time.ts'

export type Window = DuplicatedEventsAnswer['window']

/** Up to where a sentence can be said without the moment, which is a component. */
export function windowWords({ records, complete }: Window): string {
  if (records === 0) return 'No duplicate is on record.'
  if (complete)
    return records === 1 ? 'The one duplicate on record, of' : `All ${count(records)} duplicates on record, since`
  return `Of the newest ${count(records)} duplicates on record, since`
}

export function times(number: number): string {
  return number === 1 ? 'once' : number === 2 ? 'twice' : `${count(number)} times`
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`
}

/** How often, of what, how late, and whether the content changed. */
export function publisherSentence({ duplicates, events, late_ms, conflicts }: DuplicateSourceAnswer): string {
  const again =
    events === duplicates
      ? `${plural(events, 'event')} again`
      : `${plural(events, 'event')} again, ${times(duplicates)} in all`
  const late =
    late_ms.max < 1
      ? 'at once'
      : `half within ${lateWords(late_ms.p50)}, 90 % within ${lateWords(late_ms.p90)}, the latest after ${lateWords(late_ms.max)}`
  const changed = conflicts === 0 ? 'The content was always the same.' : `The content had changed ${times(conflicts)}.`
  return `sent ${again}: ${late}. ${changed}`
}

export function lateWords(ms: number): string {
  return duration(Math.max(0, Math.round(ms)))
}

export interface Received {
  readonly unique: readonly number[]
  /** Includes the conflicts. */
  readonly duplicates: readonly number[]
  readonly conflicts: readonly number[]
}

/** Percent of what was received, per bucket; nothing received is 0. */
export function shares({ unique, duplicates, conflicts }: Received) {
  const share = (part: (index: number) => number) =>
    unique.map((stored, index) => {
      const received = stored + (duplicates[index] ?? 0)
      return received === 0 ? 0 : (100 * part(index)) / received
    })
  return {
    same: share((index) => (duplicates[index] ?? 0) - (conflicts[index] ?? 0)),
    changed: share((index) => conflicts[index] ?? 0),
  }
}

export function sums({ unique, duplicates, conflicts }: Received) {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const [stored, again, changed] = [sum(unique), sum(duplicates), sum(conflicts)]
  return { received: stored + again, duplicates: again, conflicts: changed }
}
