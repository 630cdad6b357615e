/** What counters that only grow say about a second: a look back over the last answers of the server. Pure arithmetic. */

export interface CounterSample {
  /** The server's own clock, so that a slow network changes nothing. */
  readonly uptimeSeconds: number
  readonly unique: number
  readonly duplicates: number
}

export interface PerSecond {
  readonly unique: number
  readonly duplicates: number
}

/** Long enough that a quiet server's rate does not flicker between 0 and 0.5. */
const windowSeconds = 10

/** @returns the samples that still count, the newest last; a server that started again starts them again. */
export function withSample(samples: readonly CounterSample[], next: CounterSample): readonly CounterSample[] {
  const last = samples.at(-1)
  if (last === undefined) return [next]
  if (next.uptimeSeconds < last.uptimeSeconds || next.unique < last.unique || next.duplicates < last.duplicates)
    return [next]
  if (next.uptimeSeconds === last.uptimeSeconds) return samples
  const isInside = (sample: CounterSample) => next.uptimeSeconds - sample.uptimeSeconds <= windowSeconds
  // A tab that was hidden has one old sample: better a long average than none.
  const kept = samples.filter(isInside)
  return [...(kept.length > 0 ? kept : [last]), next]
}

/** Undefined until two answers are there. */
export function perSecond(samples: readonly CounterSample[]): PerSecond | undefined {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || first === last) return undefined
  const seconds = last.uptimeSeconds - first.uptimeSeconds
  return {
    unique: (last.unique - first.unique) / seconds,
    duplicates: (last.duplicates - first.duplicates) / seconds,
  }
}
