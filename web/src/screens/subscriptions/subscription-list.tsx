/** All subscriptions, by name. */
import type { SubscriptionsAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { count } from '../../state/format.ts'
import { go, hrefTo, hrefWith, place } from '../../state/location.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorNote, Loading } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'
import { CreateDialog } from './create-dialog.tsx'
import { NoSubscriptions } from './no-subscriptions.tsx'
import { SubscriptionRow } from './subscription-row.tsx'

const everyMs = 2000

export function SubscriptionList() {
  const subscriptions = useResource(
    'subscriptions',
    (signal) => getJson<SubscriptionsAnswer>('subscriptions', {}, signal),
    { everyMs },
  )
  const { found, error, reload } = subscriptions
  const isCreating = place.value.query.get('do') === 'create'
  return (
    <Screen
      title="Subscriptions"
      actions={
        <button type="button" class="button primary" onClick={() => go(hrefWith({ do: 'create' }))}>
          New subscription
        </button>
      }
    >
      {error !== undefined && <ErrorNote what="The subscriptions" error={error} onRetry={reload} />}
      {found === undefined ? (
        error === undefined && <Loading />
      ) : found.subscriptions.length === 0 ? (
        <NoSubscriptions />
      ) : (
        <SubscriptionTable subscriptions={found.subscriptions} />
      )}
      {isCreating && (
        <CreateDialog
          onClose={() => go(hrefWith({ do: undefined }))}
          onCreated={(name) => go(hrefTo(['subscriptions', name]))}
        />
      )}
    </Screen>
  )
}

function SubscriptionTable({ subscriptions }: SubscriptionsAnswer) {
  return (
    <Card
      title={`${count(subscriptions.length)} ${subscriptions.length === 1 ? 'subscription' : 'subscriptions'}`}
      actions={<span class="quiet small">Looking never moves a position.</span>}
      edge
    >
      <div class="table-scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Topics</th>
              <th scope="col" class="number" title="Every event up to this seq is settled.">
                Position
              </th>
              <th
                scope="col"
                class="number"
                title="Events after the position that are still to be looked at, delivered or acked."
              >
                Lag
              </th>
              <th scope="col" class="number" title="Since the oldest event without an ack was committed.">
                Oldest
              </th>
              <th scope="col" class="number" title="Leased to a worker now.">
                In flight
              </th>
              <th scope="col" class="number" title="Deliveries after the first of an event.">
                Redelivered
              </th>
              <th scope="col" class="number">
                Dead letters
              </th>
              <th scope="col">Delivery</th>
            </tr>
          </thead>
          <tbody>
            {subscriptions.map((subscription) => (
              <SubscriptionRow key={subscription.name} subscription={subscription} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}
