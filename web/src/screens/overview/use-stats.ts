/** The server's counters every two seconds, and what they say about a second. */
import { useRef } from 'preact/hooks'
import { type CounterSample, type PerSecond, perSecond, withSample } from '../../../../src/client/counter-rates.ts'
import type { StatsAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { type Resource, useResource } from '../../api/resource.ts'

export const statsEveryMs = 2000

export interface LiveStats extends Resource<StatsAnswer> {
  readonly rates: PerSecond | undefined
  /** When the last answer came. */
  readonly answeredAtMs: number | undefined
}

export function useStats(): LiveStats {
  const samples = useRef<readonly CounterSample[]>([])
  const answeredAtMs = useRef<number>(undefined)
  const stats = useResource(
    'stats',
    async (signal) => {
      const found = await getJson<StatsAnswer>('stats', {}, signal)
      samples.current = withSample(samples.current, {
        uptimeSeconds: found.uptime_seconds,
        unique: found.unique_processed,
        duplicates: found.duplicate_dropped,
      })
      answeredAtMs.current = Date.now()
      return found
    },
    { everyMs: statsEveryMs },
  )
  return { ...stats, rates: perSecond(samples.current), answeredAtMs: answeredAtMs.current }
}
