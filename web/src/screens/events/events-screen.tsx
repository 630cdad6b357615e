/** The list of events. Everything that decides what it shows is in the address. */
import './events.css'
import { useMemo } from 'preact/hooks'
import { go, hrefWith, place } from '../../state/location.ts'
import { Empty, ErrorNote, Loading } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'
import { EventDrawer } from './event-drawer.tsx'
import { EventGrid } from './event-grid.tsx'
import { eventsViewOf, hasFilter } from './events-view.ts'
import { FilterBar } from './filter-bar.tsx'
import { FindBar } from './find-bar.tsx'
import { HistogramCard } from './histogram-card.tsx'
import { ListActions } from './list-actions.tsx'
import { ListBar } from './list-bar.tsx'
import { RawView } from './raw-view.tsx'
import { useEventList } from './use-event-list.ts'
import { useListControl } from './use-list-control.ts'

export function EventsScreen() {
  const { query } = place.value
  const view = useMemo(() => eventsViewOf(query), [query])
  const shown = useEventList(view)
  const list = shown?.list
  const control = useListControl(view, list)

  return (
    <Screen
      title="Events"
      actions={<ListActions view={view} onToggleLive={control.toggleLive} onFind={control.find.open} />}
    >
      <FilterBar view={view} />
      <HistogramCard view={view} />
      <FindBar find={control.find} />
      {shown?.error !== undefined && (
        <ErrorNote
          what={list?.isReady ? 'More events' : 'The events'}
          error={shown.error}
          onRetry={list?.isReady ? () => list.goOn() : shown.reload}
        />
      )}
      {view.isRaw ? (
        <RawView view={view} />
      ) : (
        <section class="card event-list" aria-label="List of events">
          {list !== undefined && shown !== undefined && (
            <ListBar list={list} isLive={view.isLive} onResume={control.resume} onReload={shown.reload} />
          )}
          {list === undefined || !list.isReady ? (
            shown?.error === undefined && <Loading />
          ) : list.length === 0 ? (
            <NoRows isLive={view.isLive} hasFilter={hasFilter(view)} isPartial={list.end === 'partial'} />
          ) : (
            <EventGrid
              list={list}
              open={view.open}
              current={control.current}
              target={control.target}
              sought={control.find.text}
              onOpen={control.open}
              onScrolled={control.scrolled}
            />
          )}
        </section>
      )}
      {view.open !== undefined && <EventDrawer name={view.open} onClose={control.close} onMove={control.move} />}
    </Screen>
  )
}

interface NoRowsProps {
  readonly isLive: boolean
  readonly hasFilter: boolean
  readonly isPartial: boolean
}

const noFilter = { q: undefined, topic: undefined, source: undefined, from: undefined, to: undefined }

function NoRows({ isLive, hasFilter, isPartial }: NoRowsProps) {
  return (
    <Empty>
      <p>{isPartial ? 'No event found so far.' : hasFilter ? 'No event matches.' : 'No event is stored yet.'}</p>
      {isLive && <p class="small">New ones appear here as they are committed.</p>}
      {hasFilter && (
        <p class="small">
          <button type="button" class="button small" onClick={() => go(hrefWith(noFilter))}>
            Show all events
          </button>
        </p>
      )}
    </Empty>
  )
}
