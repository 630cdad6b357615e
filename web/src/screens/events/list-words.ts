/** What is said about the list and its live tail. No DOM. */
import type { TailState } from '../../api/tail-state.ts'
import { count } from '../../state/format.ts'
import type { ListEnd } from './paged-rows.ts'

/** The state in words: live, reconnecting in 3 s, stopped. */
export function tailWords(state: TailState | undefined, nowMs: number): string {
  switch (state?.kind) {
    case 'live':
      return 'Live'
    case 'reconnecting': {
      const seconds = Math.max(1, Math.ceil((state.atMs - nowMs) / 1000))
      return `${state.isGoodbye ? 'The server stopped, reconnecting' : 'Reconnecting'} in ${seconds} s`
    }
    case 'stopped':
      return `Stopped: ${state.reason}`
    default:
      return 'Connecting…'
  }
}

export function endWords(length: number, end: ListEnd | 'cut'): string {
  const rows = `${count(length)} ${length === 1 ? 'event' : 'events'}`
  switch (end) {
    case 'end':
      return length === 0 ? '' : `${rows}, that is all`
    case 'more':
      return length === 0 ? '' : `${rows} loaded, more as you scroll`
    case 'partial':
      return `${rows} so far; the search ran out of time`
    case 'full':
      return `${rows}; for older ones narrow the time range`
    case 'cut':
      return `The newest ${rows}; older ones are no longer kept here`
  }
}
