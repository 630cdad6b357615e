/** How late the event loop runs its timers, of late: whoever asks changes nothing for those who ask after them. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolutionMs = 20
const spanMs = 60_000

export interface LoopDelay extends Disposable {
  /** Of the span under way and the one before it, the worse: 1 % of all timers were later than this. */
  p99Ms(): number
}

export function openLoopDelay(): LoopDelay {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  // The time between two timers is the resolution when none is late.
  const underWayMs = () => (delays.count === 0 ? 0 : Math.max(0, delays.percentile(99) / 1e6 - resolutionMs))
  let beforeMs = 0
  const timer = setInterval(() => {
    beforeMs = underWayMs()
    delays.reset()
  }, spanMs).unref()
  return {
    p99Ms: () => Math.max(beforeMs, underWayMs()),
    [Symbol.dispose]() {
      clearInterval(timer)
      delays.disable()
    },
  }
}
