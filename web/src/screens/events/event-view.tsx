/** One event: its fields, and its payload, history and command in tabs. Beside the list and on its own page. */
import { useState } from 'preact/hooks'
import { getText, getTextStart } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { amend, hrefTo, hrefWith, place } from '../../state/location.ts'
import { Empty, ErrorNote, Loading } from '../../ui/notes.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { CurlTab } from './curl-tab.tsx'
import { eventContentIn, payloadLimits } from './event-content.ts'
import { EventFields } from './event-fields.tsx'
import type { EventName } from './events-view.ts'
import { HistoryTab } from './history-tab.tsx'
import { PayloadTab } from './payload-tab.tsx'

const tabs = [
  ['tree', 'Tree'],
  ['raw', 'Raw'],
  ['history', 'History'],
  ['curl', 'cURL'],
] as const

export function EventView({ topic, eventId }: EventName) {
  const [isAll, setAll] = useState(false)
  const { found, error, reload } = useResource(JSON.stringify([topic, eventId, isAll]), async (signal) => {
    const path = `events/${encodeURIComponent(topic)}/${encodeURIComponent(eventId)}`
    if (!isAll) return eventContentIn(await getTextStart(path, payloadLimits.maxLoadedBytes, signal))
    return eventContentIn({ text: await getText(path, {}, signal), isWhole: true, totalBytes: undefined })
  })
  const chosen = place.value.query.get('tab')
  const tab = tabs.find(([name]) => name === chosen)?.[0] ?? 'tree'
  if (error?.status === 404) return <NotFound topic={topic} eventId={eventId} />
  if (error !== undefined) return <ErrorNote what="The event" error={error} onRetry={reload} />
  if (found === undefined) return <Loading />
  const loadAll = (): void => setAll(true)
  return (
    <div class="event-view">
      <EventFields event={found} />
      <Tabs
        label="Views of the event"
        tabs={tabs}
        value={tab}
        onChoose={(name) => amend(hrefWith({ tab: name === 'tree' ? undefined : name }))}
      >
        {tab === 'history' ? (
          <HistoryTab event={found} onLoadAll={loadAll} />
        ) : tab === 'curl' ? (
          <CurlTab event={found} isAll={isAll} onLoadAll={loadAll} />
        ) : (
          <PayloadTab event={found} as={tab} isAll={isAll} onLoadAll={loadAll} />
        )}
      </Tabs>
    </div>
  )
}

function NotFound({ topic, eventId }: EventName) {
  return (
    <Empty>
      <p>
        No event <span class="mono">{eventId}</span> is stored in the topic <span class="mono">{topic}</span>.
      </p>
      <p class="small">It was never received, or is older than what is kept.</p>
      <p>
        <a href={hrefTo(['events'], { topic })}>Events of this topic</a>
      </p>
    </Empty>
  )
}
