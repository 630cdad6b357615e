/** One subscription in the list. */
import type { SubscriptionAnswer } from '../../../../src/http/wire-types.ts'
import { count } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { lagWords, oldestWords, positionWords, pushStateOf } from './subscription-words.ts'

export function SubscriptionRow({ subscription }: { readonly subscription: SubscriptionAnswer }) {
  const { name, topics, position, lag, in_flight, redelivered, dead_letters } = subscription
  return (
    <tr>
      <td>
        <a href={hrefTo(['subscriptions', name])}>{name}</a>
      </td>
      <td class="wide mono subscription-topics" title={topics.join('\n')}>
        {topics.join(', ')}
      </td>
      <td class={position === 0 ? 'number quiet' : 'number'}>{positionWords(subscription)}</td>
      <td class={lag === 0 ? 'number quiet' : 'number'}>{lagWords(subscription)}</td>
      <td class="number subscription-oldest">{oldestWords(subscription) ?? <span class="quiet">–</span>}</td>
      <td class="number">{count(in_flight)}</td>
      <td class="number">{count(redelivered)}</td>
      <td class={dead_letters > 0 ? 'number alert-text' : 'number'}>{count(dead_letters)}</td>
      <td>
        <DeliveryBadge subscription={subscription} />
      </td>
    </tr>
  )
}

export function DeliveryBadge({ subscription }: { readonly subscription: SubscriptionAnswer }) {
  const state = pushStateOf(subscription)
  if (state === 'pull') return <span class="badge">pulled</span>
  if (state === 'push') return <span class="badge accent">pushed</span>
  return (
    <span class="badge alert" title={subscription.push?.paused_reason ?? ''}>
      push paused
    </span>
  )
}
