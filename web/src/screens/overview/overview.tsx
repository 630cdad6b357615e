/** The screen of overview. */
import { Empty } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'

export function Overview() {
  return (
    <Screen title="Overview">
      <Empty>Nothing here yet.</Empty>
    </Screen>
  )
}
