/** The screen of duplicates. */
import { Empty } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'

export function Duplicates() {
  return (
    <Screen title="Duplicates">
      <Empty>Nothing here yet.</Empty>
    </Screen>
  )
}
