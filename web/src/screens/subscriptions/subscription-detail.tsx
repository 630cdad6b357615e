/** One subscription: where it is, how it is set, what was given up, and what can be done to it. */
import type { SubscriptionAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { go, hrefTo, hrefWith, place } from '../../state/location.ts'
import { Empty, ErrorNote, Loading } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { PausedNote } from './paused-note.tsx'
import { SeekDialog } from './seek-dialog.tsx'
import { SubscriptionFigures } from './subscription-figures.tsx'
import { SubscriptionSettings } from './subscription-settings.tsx'

const everyMs = 2000

export function subscriptionPath(name: string, action = ''): string {
  return `subscriptions/${encodeURIComponent(name)}${action}`
}

export function SubscriptionDetail({ name }: { readonly name: string }) {
  const { found, error, reload } = useResource(
    name,
    (signal) => getJson<SubscriptionAnswer>(subscriptionPath(name), {}, signal),
    { everyMs },
  )
  return (
    <Screen title={name} actions={found !== undefined && <Actions />}>
      <p class="back-link small">
        <a href={hrefTo(['subscriptions'])}>All subscriptions</a>
      </p>
      {error?.status === 404 ? (
        <Empty>
          There is no subscription of this name. <a href={hrefTo(['subscriptions'])}>Show those that are</a>
        </Empty>
      ) : (
        <>
          {error !== undefined && <ErrorNote what="The subscription" error={error} onRetry={reload} />}
          {found === undefined ? error === undefined && <Loading /> : <Found subscription={found} onChanged={reload} />}
        </>
      )}
    </Screen>
  )
}

function Actions() {
  return (
    <>
      <button type="button" class="button" onClick={() => go(hrefWith({ do: 'seek' }))}>
        Seek…
      </button>
      <button type="button" class="button" onClick={() => go(hrefWith({ do: 'delete' }))}>
        Delete…
      </button>
    </>
  )
}

interface FoundProps {
  readonly subscription: SubscriptionAnswer
  readonly onChanged: () => void
}

function Found({ subscription, onChanged }: FoundProps) {
  const dialog = place.value.query.get('do')
  const close = () => go(hrefWith({ do: undefined }))
  return (
    <>
      {subscription.push?.paused_reason != null && (
        <PausedNote name={subscription.name} reason={subscription.push.paused_reason} onResumed={onChanged} />
      )}
      <SubscriptionFigures subscription={subscription} />
      <DeadLetters name={subscription.name} count={subscription.dead_letters} onRedriven={onChanged} />
      <SubscriptionSettings subscription={subscription} />
      {dialog === 'seek' && (
        <SeekDialog
          subscription={subscription}
          onClose={close}
          onMoved={() => {
            close()
            onChanged()
          }}
        />
      )}
      {dialog === 'delete' && (
        <DeleteDialog subscription={subscription} onClose={close} onDeleted={() => go(hrefTo(['subscriptions']))} />
      )}
    </>
  )
}
