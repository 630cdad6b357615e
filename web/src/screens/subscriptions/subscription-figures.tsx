/** Where a subscription is, in numbers. */
import type { SubscriptionAnswer } from '../../../../src/http/wire-types.ts'
import { count } from '../../state/format.ts'
import { lagWords, oldestWords, positionWords } from './subscription-words.ts'

export function SubscriptionFigures({ subscription }: { readonly subscription: SubscriptionAnswer }) {
  const { position, in_flight, redelivered, acked, max_attempts, dead_letters } = subscription
  const oldest = oldestWords(subscription)
  return (
    <dl class="figures">
      <Figure
        label="Position"
        value={positionWords(subscription)}
        note={position === 0 ? 'nothing is settled' : 'settled up to this seq'}
        isWords={position === 0}
      />
      <Figure
        label="Lag"
        value={lagWords(subscription)}
        note={oldest === undefined ? 'nothing waits' : `the oldest for ${oldest}`}
        isWords={subscription.lag === 0}
      />
      <Figure label="In flight" value={count(in_flight)} note="leased now" />
      <Figure label="Acked" value={count(acked)} note="since it was created" />
      <Figure label="Redelivered" value={count(redelivered)} note="deliveries after the first" />
      <Figure
        label="Dead letters"
        value={count(dead_letters)}
        note={`given up after ${max_attempts === 1 ? 'one attempt' : `${max_attempts} attempts`}`}
      />
    </dl>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly note: string
  /** Words stand smaller than numbers, on the same line. */
  readonly isWords?: boolean
}

function Figure({ label, value, note, isWords = false }: FigureProps) {
  return (
    <div class="figure">
      <dt class="figure-label">{label}</dt>
      <dd class={isWords ? 'figure-value words' : 'figure-value'}>{value}</dd>
      <dd class="figure-note">{note}</dd>
    </div>
  )
}
