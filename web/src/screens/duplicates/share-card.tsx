/** How much of what was received had been received before, over time. */
import { useMemo } from 'preact/hooks'
import type { RatesAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { percent } from '../../state/format.ts'
import { go, hrefWith, place } from '../../state/location.ts'
import { Card } from '../../ui/card.tsx'
import { Chart } from '../../ui/chart/chart.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { barsBefore, rangeNamed, ranges } from '../overview/ranges.ts'
import { plural, type Received, shares, sums } from './duplicate-words.ts'
import type { DuplicatesView } from './duplicates-view.ts'

const heightPx = 160

export function ShareCard({ view }: { readonly view: DuplicatesView }) {
  const range = rangeNamed(place.value.query.get('range'))
  const { topic, source } = view
  // Rollups know topics and sources, but not both together.
  const of =
    source !== undefined ? { by: 'source', name: source } : topic !== undefined ? { by: 'topic', name: topic } : {}
  const { found, error } = useResource(
    JSON.stringify([range.name, of]),
    (signal) => getJson<RatesAnswer>('rates', { ...barsBefore(Date.now(), range), ...of }, signal),
    { everyMs: Math.max(5000, range.everyMs) },
  )
  const received =
    found && (('by' in of ? found.series?.[0] : undefined) ?? ('by' in of ? nothing(found) : found.total))
  return (
    <Card
      title={
        source !== undefined
          ? `Duplicates from ${source}`
          : topic !== undefined
            ? `Duplicates in ${topic}`
            : 'Duplicates over time'
      }
      actions={
        <Segmented
          label="Range of the chart"
          options={ranges.map(({ name, text }) => [name, text] as const)}
          value={range.name}
          onChoose={(name) => go(hrefWith({ range: name === '1h' ? undefined : name }))}
        />
      }
    >
      <p class="share-line">
        {received === undefined ? '\u00a0' : <ShareLine received={received} words={range.words} />}
      </p>
      {found !== undefined && received !== undefined ? (
        <ShareChart rates={found} received={received} />
      ) : (
        // As high as the chart with its legend.
        <div class="chart-failed" style={{ height: `${heightPx + 32}px` }}>
          {error === undefined ? '' : `The numbers could not be loaded: ${error.message}.`}
        </div>
      )}
    </Card>
  )
}

function nothing({ buckets }: RatesAnswer): Received {
  const zeros = buckets.map(() => 0)
  return { unique: zeros, duplicates: zeros, conflicts: zeros }
}

function ShareLine({ received, words }: { readonly received: Received; readonly words: string }) {
  const { received: all, duplicates, conflicts } = sums(received)
  return (
    <>
      <strong class="share">{percent(duplicates, all)}</strong> of what was received in the {words} had been received
      before: {plural(duplicates, 'duplicate')},{' '}
      {conflicts === 0 ? 'no conflict' : <strong class="alert-text">{plural(conflicts, 'conflict')}</strong>}.
    </>
  )
}

function ShareChart({ rates, received }: { readonly rates: RatesAnswer; readonly received: Received }) {
  const buckets = useMemo(
    () => ({ startsMs: rates.buckets.map((at) => Date.parse(at)), widthMs: rates.width_s * 1000 }),
    [rates],
  )
  const series = useMemo(() => {
    const { same, changed } = shares(received)
    return [
      { label: 'Same content', colour: '--repeat', values: same },
      { label: 'Other content (conflicts)', colour: '--alert', values: changed },
    ]
  }, [received])
  return (
    <Chart
      label="Duplicates in percent of what was received, over time"
      buckets={buckets}
      series={series}
      heightPx={heightPx}
      format={(value) => (Number.isInteger(value) ? `${value} %` : percent(value, 100))}
      totalLabel="Duplicates"
      isLive
    />
  )
}
