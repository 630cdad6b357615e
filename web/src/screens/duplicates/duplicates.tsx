/** What was published again: how much of the traffic, which events, by whom, how late, and whether the content changed. */
import './duplicates.css'
import { go, hrefWith, place } from '../../state/location.ts'
import { Screen } from '../../ui/screen.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { DuplicatedEvents } from './duplicated-events.tsx'
import { fromTheTop, viewOf } from './duplicates-view.ts'
import { Publishers } from './publishers.tsx'
import { ShareCard } from './share-card.tsx'

export function Duplicates() {
  const view = viewOf(place.value.query)
  return (
    <Screen
      title="Duplicates"
      actions={
        <Segmented
          label="Rows"
          options={[
            ['event', 'By event'],
            ['source', 'By publisher'],
          ]}
          value={view.by}
          onChoose={(by) =>
            // The publisher of a filter is one row among the publishers.
            go(
              hrefWith({
                ...fromTheTop,
                sort: undefined,
                ...(by === 'source' ? { by, source: undefined } : { by: undefined }),
              }),
            )
          }
        />
      }
    >
      <ShareCard view={view} />
      {view.by === 'event' ? <DuplicatedEvents view={view} /> : <Publishers view={view} />}
    </Screen>
  )
}
