/** The events of the question over time, above the list. It may fail: the rows do not depend on it. */
import { useMemo, useState } from 'preact/hooks'
import type { HistogramAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { count } from '../../state/format.ts'
import { go, hrefWith } from '../../state/location.ts'
import { Chart } from '../../ui/chart/chart.tsx'
import { Time } from '../../ui/time.tsx'
import { type EventsView, questionOf } from './events-view.ts'
import { stackedTopics } from './stacked-topics.ts'

const heightPx = 120
const buckets = 120
const liveEveryMs = 5000

export function HistogramCard({ view }: { readonly view: EventsView }) {
  const { topic, source, text, from, to, isLive } = view
  const canStack = topic === undefined && source === undefined && text === undefined
  const key = JSON.stringify([topic, source, text, from, to])
  const { found, error, reload } = useResource(
    key,
    (signal) => {
      const by = canStack ? 'topic' : undefined
      return getJson<HistogramAnswer>('events/histogram', { ...questionOf(view, Date.now()), buckets, by }, signal)
    },
    { everyMs: isLive ? liveEveryMs : undefined },
  )
  /** The ranges before each zoom, so that a double click goes back. */
  const [zooms, setZooms] = useState<readonly { readonly from: string | undefined; readonly to: string | undefined }[]>(
    [],
  )
  const shown = useMemo(() => found && chartOf(found), [found])

  const zoom = (fromMs: number, toMs: number): void => {
    setZooms([...zooms, { from, to }])
    go(hrefWith({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), live: undefined }))
  }
  const unzoom = (): void => {
    go(hrefWith({ from: undefined, to: undefined, ...zooms.at(-1) }))
    setZooms(zooms.slice(0, -1))
  }

  return (
    <section class="card histogram" aria-label="Events over time">
      {shown === undefined || shown.buckets.startsMs.length === 0 ? (
        <div class="histogram-empty" style={{ minHeight: `${heightPx + 30}px` }}>
          {error !== undefined ? (
            <>
              The chart could not be loaded: {error.message}.{' '}
              <button type="button" class="button small" onClick={reload}>
                Try again
              </button>
            </>
          ) : (
            found !== undefined && 'No events in this range.'
          )}
        </div>
      ) : (
        <Chart
          label="Events over time"
          {...shown}
          heightPx={heightPx}
          totalLabel="Events"
          onSelect={zoom}
          onReset={unzoom}
        />
      )}
      <p class="histogram-note small quiet">
        {found !== undefined && (
          <>
            {count(found.total)} {found.total === 1 ? 'event' : 'events'}.{' '}
            {found.partial && found.counted_from !== null && (
              <>
                Counting took too long: only those from <Time at={found.counted_from} /> on are counted.{' '}
              </>
            )}
            {found.total > 0 && 'Drag to zoom in, double-click to go back.'}
          </>
        )}
      </p>
    </section>
  )
}

function chartOf({ buckets: counted, width_ms: widthMs, topics }: HistogramAnswer) {
  const totals = counted.map(({ events }) => events)
  return {
    buckets: { startsMs: counted.map(({ from }) => Date.parse(from)), widthMs: widthMs ?? 1 },
    series: stackedTopics(totals, topics ?? []),
  }
}
