/** What was published again: how much of the traffic, which events, by whom, how late, and whether the content changed. */
import './duplicates.css'
import { useState } from 'preact/hooks'
import type { DuplicatedEventsAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { go, hrefWith, place } from '../../state/location.ts'
import { Screen } from '../../ui/screen.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { DuplicatedEvents } from './duplicated-events.tsx'
import { fromTheTop, viewOf } from './duplicates-view.ts'
import { NoDuplicates } from './no-duplicates.tsx'
import { Publishers } from './publishers.tsx'
import { ShareCard } from './share-card.tsx'

/** Somebody who tries it out waits for it. */
const everyMs = 2000

export function Duplicates() {
  const view = viewOf(place.value.query)
  const hasNone = useHasNone()
  if (hasNone) {
    return (
      <Screen title="Duplicates">
        <NoDuplicates />
      </Screen>
    )
  }
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

/** Whether no duplicate is on record at all, whatever the filter; it ends by itself with the first one. */
function useHasNone(): boolean {
  const [hasSome, setHasSome] = useState(false)
  const { found } = useResource(
    hasSome ? undefined : 'any',
    (signal) => getJson<DuplicatedEventsAnswer>('duplicates/events', { limit: 1 }, signal),
    { everyMs },
  )
  if (found !== undefined && found.total > 0 && !hasSome) setHasSome(true)
  return found?.total === 0
}
