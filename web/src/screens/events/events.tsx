/** The screen of events. */
import { Empty } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'

export function Events() {
  return (
    <Screen title="Events">
      <Empty>Nothing here yet.</Empty>
    </Screen>
  )
}
