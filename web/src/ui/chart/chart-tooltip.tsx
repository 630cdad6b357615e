/** What one bar stands for: from when to when, how long, and how many of what. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import { clockRange, duration, type TimeMode } from '../../state/time.ts'
import type { ShownChart } from './chart-canvas.tsx'
import type { Hover } from './plot-options.ts'

export interface ChartTooltipProps extends ShownChart {
  readonly hover: Hover
  readonly mode: TimeMode
}

export function ChartTooltip({ buckets, series, isLive, format, totalLabel, hover, mode }: ChartTooltipProps) {
  const element = useRef<HTMLDivElement>(null)
  const startMs = buckets.startsMs[hover.index]
  useLayoutEffect(() => {
    const box = element.current
    const room = box?.parentElement
    if (box === null || room === null || room === undefined) return
    // Beside the bar, on the side that has room; never outside of the chart.
    const right = hover.leftPx + hover.widthPx + 10
    const left = right + box.offsetWidth <= room.clientWidth ? right : hover.leftPx - box.offsetWidth - 10
    box.style.left = `${Math.max(0, Math.min(left, room.clientWidth - box.offsetWidth))}px`
  })
  if (startMs === undefined) return null
  const isOpen = isLive && hover.index === buckets.startsMs.length - 1
  const total = series.reduce((sum, { values }) => sum + (values[hover.index] ?? 0), 0)
  return (
    <>
      <div class="chart-hover" style={{ left: `${hover.leftPx}px`, width: `${hover.widthPx}px` }} />
      <div class="chart-tooltip" ref={element} aria-hidden="true">
        <div>{clockRange(startMs, startMs + buckets.widthMs, mode)}</div>
        <div class="quiet">
          {duration(buckets.widthMs)} a bar{isOpen && ', not over yet'}
        </div>
        <dl>
          {series.toReversed().map(({ label, colour, values }) => (
            <div key={label}>
              <dt>
                <span class="swatch" style={{ background: `var(${colour})` }} />
                {label}
              </dt>
              <dd>{format(values[hover.index] ?? 0)}</dd>
            </div>
          ))}
          {totalLabel !== undefined && (
            <div class="chart-total">
              <dt>{totalLabel}</dt>
              <dd>{format(total)}</dd>
            </div>
          )}
        </dl>
      </div>
    </>
  )
}
