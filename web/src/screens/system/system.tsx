/** The screen of system. */
import { Empty } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'

export function System() {
  return (
    <Screen title="System">
      <Empty>Nothing here yet.</Empty>
    </Screen>
  )
}
