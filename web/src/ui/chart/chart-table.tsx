/** A chart's numbers, newest first, in the height of the chart. */
import { clockRange, timeMode } from '../../state/time.ts'
import type { ShownChart } from './chart-canvas.tsx'

export function ChartTable({ label, buckets, series, format, totalLabel, heightPx }: ShownChart) {
  const mode = timeMode.chosen.value
  const newestFirst = [...buckets.startsMs.keys()].reverse()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="chart-table" style={{ height: `${heightPx}px` }} tabIndex={0} aria-label={`${label}, as a table`}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map(({ label: name }) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
            {totalLabel !== undefined && (
              <th scope="col" class="number">
                {totalLabel}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {newestFirst.map((index) => {
            const startMs = buckets.startsMs[index] ?? 0
            const values = series.map(({ values: all }) => all[index] ?? 0)
            return (
              <tr key={startMs}>
                <td>{clockRange(startMs, startMs + buckets.widthMs, mode)}</td>
                {values.map((value, at) => (
                  <td key={series[at]?.label} class="number">
                    {format(value)}
                  </td>
                ))}
                {totalLabel !== undefined && (
                  <td class="number">{format(values.reduce((sum, value) => sum + value, 0))}</td>
                )}
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}
