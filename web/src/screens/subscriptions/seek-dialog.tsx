/** Sends a subscription to another place in the log. */
import { useState } from 'preact/hooks'
import type { SubscriptionAnswer } from '../../../../src/http/wire-types.ts'
import { useAction } from '../../api/action.ts'
import { send } from '../../api/client.ts'
import { announce } from '../../ui/announce.ts'
import { NamedDialog } from './named-dialog.tsx'
import { emptyDraft, type PointDraft, seekBodyOf } from './new-subscription.ts'
import { PointFields } from './point-fields.tsx'
import { subscriptionPath } from './subscription-detail.tsx'
import { positionWords } from './subscription-words.ts'

export interface SeekDialogProps {
  readonly subscription: SubscriptionAnswer
  readonly onClose: () => void
  readonly onMoved: () => void
}

export function SeekDialog({ subscription, onClose, onMoved }: SeekDialogProps) {
  const { name } = subscription
  const [point, setPoint] = useState<PointDraft>({ ...emptyDraft.start, kind: 'earliest' })
  const seek = useAction(async () => {
    await send('POST', subscriptionPath(name, '/seek'), seekBodyOf(point, Date.now()))
    announce(`Subscription ${name} moved`)
    onMoved()
  })
  return (
    <NamedDialog title="Seek" name={name} verb="Move the position" action={seek} onClose={onClose}>
      <p>
        Position now: <strong>{positionWords(subscription)}</strong>. Everything after the new place is delivered again,
        from attempt 1; what lies before it is not. Leases given before are void.
      </p>
      <PointFields label="New place" point={point} onChange={setPoint} faults={seek.error?.faults ?? []} pointer="" />
    </NamedDialog>
  )
}
