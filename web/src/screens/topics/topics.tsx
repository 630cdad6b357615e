/** The screen of topics. */
import { Empty } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'

export function Topics() {
  return (
    <Screen title="Topics">
      <Empty>Nothing here yet.</Empty>
    </Screen>
  )
}
