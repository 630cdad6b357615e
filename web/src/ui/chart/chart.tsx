/** A chart over time with its legend, its tooltip and its numbers as a table. When it fails, the rest of the screen stays. */
import 'uplot/dist/uPlot.min.css'
import './chart.css'
import { useErrorBoundary, useState } from 'preact/hooks'
import { axisCount, count } from '../../state/format.ts'
import type { Buckets } from './buckets.ts'
import { ChartCanvas } from './chart-canvas.tsx'
import { ChartTable } from './chart-table.tsx'

export interface ChartSeries {
  readonly label: string
  /** A custom property: `--accent`. Bars are stacked in the order given, the first at the bottom. */
  readonly colour: string
  /** One per bucket. */
  readonly values: readonly number[]
}

export interface ChartProps {
  /** What it shows, in words: "Events by time". */
  readonly label: string
  readonly buckets: Buckets
  readonly series: readonly ChartSeries[]
  readonly kind?: 'bars' | 'lines'
  readonly heightPx?: number
  /** The last bucket is not over yet. */
  readonly isLive?: boolean
  /** How a value reads; counts unless said otherwise. */
  readonly format?: (value: number) => string
  /** The top of the axis: 100 for percentages. */
  readonly top?: number
  /** What a bar counts together; undefined for values that have no sum. */
  readonly totalLabel?: string | undefined
  /** The reader dragged over whole buckets. */
  readonly onSelect?: (fromMs: number, toMs: number) => void
  /** The reader double-clicked. */
  readonly onReset?: () => void
}

export function Chart(props: ChartProps) {
  const { label, buckets, series, kind = 'bars', heightPx = 200, isLive = false, format = count, totalLabel } = props
  const [isTable, setTable] = useState(false)
  const [error] = useErrorBoundary()
  const [hasFailed, setFailed] = useState(false)
  const isBroken = error !== undefined || hasFailed
  const shown = { label, buckets, series, isLive, format, totalLabel, heightPx }
  return (
    <figure class="chart" aria-label={label}>
      {isTable && error === undefined ? (
        <ChartTable {...shown} />
      ) : isBroken ? (
        <div class="chart-failed" style={{ height: `${heightPx}px` }} role="status">
          The chart could not be drawn. Everything else on this page works; the numbers are in the table.
        </div>
      ) : (
        <ChartCanvas
          {...shown}
          kind={kind}
          top={props.top}
          formatAxis={props.format ?? axisCount}
          onSelect={props.onSelect}
          onReset={props.onReset}
          onFailure={() => setFailed(true)}
        />
      )}
      <figcaption class="chart-legend">
        {series.map(({ label: name, colour }) => (
          <span key={name}>
            <span class="swatch" style={{ background: `var(${colour})` }} />
            {name}
          </span>
        ))}
        <span class="spacer" />
        <button
          type="button"
          class="button quiet small"
          aria-pressed={isTable}
          onClick={() => setTable((before) => !before)}
        >
          {isTable ? 'Show as chart' : 'Show as table'}
        </button>
      </figcaption>
    </figure>
  )
}
