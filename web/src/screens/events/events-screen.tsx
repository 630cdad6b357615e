/** The list of events. Everything that decides what it shows is in the address. */
import './events.css'
import { useMemo, useState } from 'preact/hooks'
import type { EventRow } from '../../api/raw-events.ts'
import { useKeys } from '../../state/keys.ts'
import { go, hrefWith, place } from '../../state/location.ts'
import { Empty, ErrorNote, Loading } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'
import { EventDrawer } from './event-drawer.tsx'
import { EventGrid } from './event-grid.tsx'
import { eventsViewOf, openValue } from './events-view.ts'
import { FilterBar } from './filter-bar.tsx'
import { FindBar } from './find-bar.tsx'
import { HistogramCard } from './histogram-card.tsx'
import { ListActions } from './list-actions.tsx'
import { ListFoot } from './list-foot.tsx'
import { PausedBar } from './live-status.tsx'
import { RawView } from './raw-view.tsx'
import { useEventList } from './use-event-list.ts'
import { useLiveRows } from './use-live-rows.ts'
import { usePause } from './use-pause.ts'

export function EventsScreen() {
  const { query } = place.value
  const view = useMemo(() => eventsViewOf(query), [query])
  const list = useEventList(view)
  const [isAtTop, setAtTop] = useState(true)
  const [topRound, setTopRound] = useState(0)
  const [current, setCurrent] = useState<EventRow>()
  const [found, setFound] = useState<EventRow>()
  const pause = usePause({ isAtTop, isRowOpen: view.open !== undefined })
  const { topic, source, text, isLive } = view
  const known = useMemo(() => new Set(list.rows.map(({ seq }) => seq)), [list.rows])
  const live = useLiveRows({
    filter: { topic, source, text },
    after: isLive ? list.lastSeq : undefined,
    isPaused: pause.isPaused,
    known,
  })
  const rows = useMemo(
    () => (live.rows.length === 0 ? list.rows : [...live.rows, ...list.rows]),
    [live.rows, list.rows],
  )

  const open = (row: EventRow): void => {
    setCurrent(row)
    go(hrefWith({ open: openValue(row) }))
  }
  const close = (): void => go(hrefWith({ open: undefined }))
  const resume = (): void => {
    pause.clear()
    if (view.open !== undefined) close()
    setAtTop(true)
    setTopRound((before) => before + 1)
    live.resume()
  }
  const move = (by: number): void => {
    const at = current === undefined ? -1 : rows.indexOf(current)
    const row = rows[Math.min(rows.length - 1, Math.max(0, at + by))]
    if (row === undefined) return
    setCurrent(row)
    if (view.open !== undefined) go(hrefWith({ open: openValue(row) }))
  }
  const toggleLive = (): void =>
    go(
      hrefWith({
        live: isLive ? undefined : 'true',
        to: isLive ? view.to : undefined,
        order: isLive ? view.order : undefined,
      }),
    )
  useKeys('Events', [
    { keys: 'L', label: 'Live tail on and off', run: toggleLive },
    { keys: 'l', label: '', run: toggleLive },
    {
      keys: ' ',
      label: 'Pause and go on',
      run: () => isLive && !isButton() && (pause.isPaused ? resume() : pause.toggle()),
    },
    { keys: 'End', label: 'Go on with the newest', run: () => isLive && resume() },
    { keys: 'j', label: 'Next event', run: () => move(1) },
    { keys: 'k', label: 'Event before', run: () => move(-1) },
    { keys: 'Enter', label: 'Open the event', run: () => current !== undefined && !isButton() && open(current) },
    { keys: 'Escape', label: 'Close the event', run: () => view.open !== undefined && close() },
  ])

  return (
    <Screen title="Events" actions={<ListActions view={view} live={live} onToggleLive={toggleLive} />}>
      <FilterBar view={view} />
      <HistogramCard view={view} />
      <FindBar rows={rows} onFind={setFound} />
      {list.error !== undefined && <ErrorNote what="The events" error={list.error} onRetry={list.reload} />}
      {view.isRaw ? (
        <RawView rows={rows} />
      ) : (
        <div class={view.open === undefined ? 'event-split' : 'event-split with-drawer'}>
          <section class="card event-list" aria-label="List of events">
            {isLive && pause.isPaused && live.waitingCount > 0 && (
              <PausedBar waitingCount={live.waitingCount} why={pause.why} onResume={resume} />
            )}
            {rows.length > 0 ? (
              <EventGrid
                rows={rows}
                rowCount={list.state === 'end' ? rows.length + 1 : -1}
                open={view.open}
                current={current}
                found={found}
                topRound={topRound}
                onOpen={open}
                onNearEnd={list.state === 'more' ? list.loadMore : ignore}
                onAtTop={setAtTop}
              />
            ) : (
              <NoRows isLoading={list.state === 'loading' && list.error === undefined} isLive={isLive} />
            )}
            <ListFoot list={list} order={view.order} />
          </section>
          {view.open !== undefined && <EventDrawer name={view.open} onClose={close} onMove={move} />}
        </div>
      )}
    </Screen>
  )
}

function NoRows({ isLoading, isLive }: { readonly isLoading: boolean; readonly isLive: boolean }) {
  if (isLoading) return <Loading />
  return (
    <Empty>
      <p>No event matches.</p>
      <p class="small">
        {isLive ? 'New ones appear here as they are committed. ' : ''}
        <button
          type="button"
          class="button small"
          onClick={() =>
            go(hrefWith({ q: undefined, topic: undefined, source: undefined, from: undefined, to: undefined }))
          }
        >
          Show all events
        </button>
      </p>
    </Empty>
  )
}

function ignore(): void {}

/** Space and Enter on a control are the control's. */
function isButton(): boolean {
  return document.activeElement?.closest('button, a, summary, label') !== null && document.activeElement !== null
}
