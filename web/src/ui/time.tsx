/** A moment, in the way the reader chose; the exact one when hovered. */
import { nowMs } from '../state/now.ts'
import { isoWithOffset, shortTime, timeMode } from '../state/time.ts'
import { timestampMs } from '../state/timestamp.ts'

export function Time({ at }: { readonly at: string | number }) {
  const ms = typeof at === 'number' ? at : timestampMs(at)
  if (Number.isNaN(ms)) return <span>{at}</span>
  const mode = timeMode.chosen.value
  return (
    <time dateTime={new Date(ms).toISOString()} title={`${isoWithOffset(ms, mode)}\n${new Date(ms).toISOString()}`}>
      {shortTime(ms, mode, nowMs.value)}
    </time>
  )
}
