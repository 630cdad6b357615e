/** Whether what is shown is of now, in words; it keeps its place whatever it says. */
import { useEffect } from 'preact/hooks'
import type { ApiError } from '../api/client.ts'
import { nowMs } from '../state/now.ts'
import { roughDuration } from '../state/time.ts'
import { announce } from './announce.ts'

export interface ConnectionProps {
  /** Why the last answer did not come; undefined when it did. */
  readonly error: ApiError | undefined
  /** When the last answer came; undefined before the first. */
  readonly answeredAtMs: number | undefined
}

export function Connection({ error, answeredAtMs }: ConnectionProps) {
  const isLost = error !== undefined
  useEffect(() => {
    if (isLost) announce('The server cannot be reached')
    else if (answeredAtMs !== undefined) announce('Connected to the server')
  }, [isLost])
  if (error === undefined) {
    return (
      <span class="connection">
        <span class={answeredAtMs === undefined ? 'dot' : 'dot good'} />
        {answeredAtMs === undefined ? 'Connecting…' : 'Live'}
      </span>
    )
  }
  const why = error.status === 0 ? 'The server cannot be reached' : `The server answered: ${error.message}`
  const ageMs = answeredAtMs === undefined ? undefined : Math.max(0, nowMs.value - answeredAtMs)
  return (
    <span class="connection lost">
      <span class="dot alert" />
      {why}.{' '}
      {ageMs !== undefined && <span class="quiet">What you see is {roughDuration(Math.max(1000, ageMs))} old. </span>}
      <span class="quiet">Trying again…</span>
    </span>
  )
}
