/** Removes a subscription and its dead letters. */
import type { SubscriptionAnswer } from '../../../../src/http/wire-types.ts'
import { useAction } from '../../api/action.ts'
import { send } from '../../api/client.ts'
import { count } from '../../state/format.ts'
import { announce } from '../../ui/announce.ts'
import { NamedDialog } from './named-dialog.tsx'
import { subscriptionPath } from './subscription-detail.tsx'

export interface DeleteDialogProps {
  readonly subscription: SubscriptionAnswer
  readonly onClose: () => void
  readonly onDeleted: () => void
}

export function DeleteDialog({ subscription, onClose, onDeleted }: DeleteDialogProps) {
  const { name, dead_letters } = subscription
  const remove = useAction(async () => {
    await send('DELETE', subscriptionPath(name))
    announce(`Subscription ${name} deleted`)
    onDeleted()
  })
  return (
    <NamedDialog title="Delete subscription" name={name} verb="Delete" action={remove} onClose={onClose}>
      <p>
        Its position{dead_letters > 0 && ` and its ${count(dead_letters)} dead letters`} will be gone. The events
        themselves stay.
      </p>
    </NamedDialog>
  )
}
