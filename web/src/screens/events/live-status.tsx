/** How the live tail is, in words, and what waits. It keeps its place whatever it says. */
import { useEffect } from 'preact/hooks'
import { count } from '../../state/format.ts'
import { nowMs } from '../../state/now.ts'
import { announce } from '../../ui/announce.ts'
import type { Live } from './use-live-rows.ts'

export interface LiveStatusProps {
  readonly live: Live
  readonly isLive: boolean
}

export function LiveStatus({ live, isLive }: LiveStatusProps) {
  const words = stateWords(live, isLive)
  useEffect(() => {
    if (isLive) announce(`Live tail: ${live.state?.kind ?? 'connecting'}`)
  }, [isLive, live.state?.kind])
  return (
    <span class="live-status small">
      <span class={isLive && live.state?.kind === 'live' ? 'dot good' : 'dot'} />
      <span>{words}</span>
      {isLive && live.sample !== undefined && (
        <span class="quiet">
          showing {count(live.sample.shown)} of {count(live.sample.received)}/s
        </span>
      )}
    </span>
  )
}

function stateWords({ state }: Live, isLive: boolean): string {
  if (!isLive) return 'Live tail: stopped'
  if (state?.kind === 'live') return 'Live'
  if (state?.kind !== 'reconnecting') return 'Connecting…'
  const seconds = Math.max(1, Math.ceil((state.atMs - nowMs.value) / 1000))
  return `Reconnecting in ${seconds} s`
}

export interface PausedBarProps {
  readonly waitingCount: number
  readonly why: string
  readonly onResume: () => void
}

export function PausedBar({ waitingCount, why, onResume }: PausedBarProps) {
  return (
    <div class="paused-bar" role="status">
      <span>
        <strong>Paused</strong>, {count(waitingCount)} new <span class="quiet small">{why}</span>
      </span>
      <button type="button" class="button small" onClick={onResume}>
        Resume <kbd>End</kbd>
      </button>
    </div>
  )
}
