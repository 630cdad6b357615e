/** The screen of subscriptions. */
import { Empty } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'

export function Subscriptions() {
  return (
    <Screen title="Subscriptions">
      <Empty>Nothing here yet.</Empty>
    </Screen>
  )
}
