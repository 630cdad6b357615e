/** What the numbers of a subscription say, in words. No DOM. */
import type { SubscriptionAnswer } from '../../../../src/http/wire-types.ts'
import { count } from '../../state/format.ts'
import { duration } from '../../state/time.ts'

/** Before anything is settled there is no place in the log: 0 would read as one. */
export function positionWords({ position }: Pick<SubscriptionAnswer, 'position'>): string {
  return position === 0 ? 'no position yet' : count(position)
}

export function lagWords({ lag }: Pick<SubscriptionAnswer, 'lag'>): string {
  return lag === 0 ? 'up to date' : count(lag)
}

/** How old the oldest event is that waits for its ack. */
export function oldestWords({ oldest_unacked_seconds: seconds }: Pick<SubscriptionAnswer, 'oldest_unacked_seconds'>) {
  return seconds === null ? undefined : duration(seconds * 1000)
}

export function startWords(start: SubscriptionAnswer['start']): string {
  if (start === 'earliest') return 'the first event'
  if (start === 'latest') return 'what came after it was created'
  return 'seq' in start ? `after seq ${count(start.seq)}` : `what was committed from ${start.time} on`
}

export type PushState = 'pull' | 'push' | 'paused'

export function pushStateOf({ push }: Pick<SubscriptionAnswer, 'push'>): PushState {
  if (push === null) return 'pull'
  return push.paused_reason === null ? 'push' : 'paused'
}
