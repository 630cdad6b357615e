/** Puts a plot into a page: sizes it, fills it, paints it again. With plot-options.ts the only place that knows uPlot. */
import uPlot from 'uplot'
import { stack } from './buckets.ts'
import { resolveColours } from './colours.ts'
import { buildOptions, type PlotContent, type PlotListener, type PlotShape } from './plot-options.ts'

export interface Plot extends Disposable {
  show(content: PlotContent): void
  /** After a change of colours. */
  repaint(): void
}

export function openPlot(holder: HTMLElement, shape: PlotShape, listener: PlotListener): Plot {
  let content: PlotContent | undefined
  let colours = resolveColours(holder, shape.colours)
  const plot = new uPlot(buildOptions(holder, shape, { listener, content: () => content, colours: () => colours }))
  holder.append(plot.root)
  const observer = new ResizeObserver(() => {
    if (holder.clientWidth > 0) plot.setSize({ width: holder.clientWidth, height: shape.heightPx })
  })
  observer.observe(holder)
  return {
    show(next) {
      content = next
      plot.setData(columns(shape, next))
    },
    repaint() {
      colours = resolveColours(holder, shape.colours)
      plot.redraw(false)
    },
    [Symbol.dispose]() {
      observer.disconnect()
      plot.destroy()
    },
  }
}

/**
 * The tallest is painted first, so that those below it stay in sight. Nothing of a colour is no bar: its edges would shine
 * through those of the bar before it.
 */
function columns({ kind }: PlotShape, { buckets, rows }: PlotContent): uPlot.AlignedData {
  const { startsMs, widthMs } = buckets
  const bars = () => stack(rows).map((tops, row) => tops.map((top, index) => (rows[row]?.[index] === 0 ? null : top)))
  return kind === 'bars'
    ? [[...startsMs], ...bars().reverse()]
    : [startsMs.map((startMs) => startMs + widthMs / 2), ...rows.map((row) => [...row]).reverse()]
}
