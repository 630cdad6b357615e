/** Durable subscriptions: where each is in the log and how far behind. Looking never moves a position. */
import './subscriptions.css'
import { place } from '../../state/location.ts'
import { SubscriptionDetail } from './subscription-detail.tsx'
import { SubscriptionList } from './subscription-list.tsx'

export function Subscriptions() {
  const name = place.value.segments[1]
  return name === undefined ? <SubscriptionList /> : <SubscriptionDetail key={name} name={name} />
}
