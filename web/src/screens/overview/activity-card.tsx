/** Stored against duplicates over time; the last bar grows while one looks. */
import { useMemo } from 'preact/hooks'
import type { RatesAnswer } from '../../../../src/http/wire-types.ts'
import type { Resource } from '../../api/resource.ts'
import { go, hrefWith } from '../../state/location.ts'
import { Card } from '../../ui/card.tsx'
import { Chart } from '../../ui/chart/chart.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { type RangeName, ranges } from './ranges.ts'

export interface ActivityCardProps {
  readonly rates: Resource<RatesAnswer>
  readonly range: RangeName
}

const heightPx = 220

export function ActivityCard({ rates, range }: ActivityCardProps) {
  const { found } = rates
  const buckets = useMemo(
    () => found && { startsMs: found.buckets.map((at) => Date.parse(at)), widthMs: found.width_s * 1000 },
    [found],
  )
  const series = useMemo(
    () =>
      found && [
        { label: 'Stored', colour: '--accent', values: found.total.unique },
        { label: 'Duplicates', colour: '--repeat', values: found.total.duplicates },
      ],
    [found],
  )
  return (
    <Card
      title="Received over time"
      actions={
        <Segmented
          label="Range of the chart"
          options={ranges.map(({ name, text }) => [name, text] as const)}
          value={range}
          onChoose={(name) => go(hrefWith({ range: name === '1h' ? undefined : name }))}
        />
      }
    >
      {buckets !== undefined && series !== undefined ? (
        <Chart
          label="Stored events and duplicates over time"
          buckets={buckets}
          series={series}
          heightPx={heightPx}
          totalLabel="Received"
          isLive
        />
      ) : (
        // As high as the chart with its legend.
        <div class="chart-failed" style={{ height: `${heightPx + 32}px` }}>
          {rates.error === undefined ? '' : `The numbers could not be loaded: ${rates.error.message}.`}
        </div>
      )}
    </Card>
  )
}
