/** What charts here need of uPlot: stacked bars or lines over equal stretches of time, a bucket under the pointer, a dragged stretch. */
import uPlot from 'uplot'
import { axisTime, clockOffsetMs, type TimeMode } from '../../state/time.ts'
import { type Buckets, bucketAt, niceTop, rangeOf, wholeBuckets } from './buckets.ts'
import type { ChartColours } from './colours.ts'
import { timeTicks } from './time-ticks.ts'

/** What needs a new plot when it changes. */
export interface PlotShape {
  readonly kind: 'bars' | 'lines'
  /** Names of custom properties, one per series, the lowest first: `--accent`. */
  readonly colours: readonly string[]
  readonly heightPx: number
  readonly canSelect: boolean
}

/** What may change every second. */
export interface PlotContent {
  readonly buckets: Buckets
  /** One row per series, one value per bucket. */
  readonly rows: readonly (readonly number[])[]
  readonly timeMode: TimeMode
  /** The top of the axis; undefined: whatever the values need. */
  readonly top: number | undefined
  formatAxis(value: number): string
}

/** The bucket under the pointer, in pixels from the left of the whole chart. */
export interface Hover {
  readonly index: number
  readonly leftPx: number
  readonly widthPx: number
}

export interface PlotListener {
  onHover(hover: Hover | undefined): void
  onSelect(fromMs: number, toMs: number): void
  onReset(): void
}

const axisWidthPx = 52
const axisHeightPx = 26
const labelWidthPx = 84
const edgePx = 12
const font = '12px system-ui, sans-serif'

export interface PlotSurroundings {
  readonly listener: PlotListener
  content(): PlotContent | undefined
  colours(): ChartColours
}

export function buildOptions(holder: HTMLElement, shape: PlotShape, around: PlotSurroundings): uPlot.Options {
  const { kind, heightPx } = shape
  const bars = uPlot.paths.bars?.({ size: [0.88, Number.POSITIVE_INFINITY], align: 1 })
  return {
    width: Math.max(holder.clientWidth, 1),
    height: heightPx,
    ms: 1,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: cursorOptions(shape, around),
    scales: {
      x: {
        time: true,
        range: () => {
          const { fromMs, toMs } = rangeOf(around.content()?.buckets ?? { startsMs: [], widthMs: 1 })
          return [fromMs, toMs]
        },
      },
      y: { range: (_, __, highest) => [0, around.content()?.top ?? niceTop(highest)] },
    },
    axes: axisOptions(around),
    series: [
      {},
      ...shape.colours.toReversed().map((_, index): uPlot.Series => {
        const colour = () => around.colours().series[shape.colours.length - 1 - index] ?? 'gray'
        return kind === 'bars' && bars !== undefined
          ? { paths: bars, fill: colour, width: 0, points: { show: false } }
          : { stroke: colour, width: 2, points: { show: false } }
      }),
    ],
    hooks: {
      setCursor: [(plot) => around.listener.onHover(hoverOf(plot, around.content()))],
      setSelect: [(plot) => select(plot, around)],
    },
  }
}

function cursorOptions({ canSelect }: PlotShape, { listener }: PlotSurroundings): uPlot.Cursor {
  return {
    x: false,
    y: false,
    points: { show: false },
    drag: { x: canSelect, y: false, setScale: false, dist: 4 },
    bind: {
      dblclick: () => () => {
        listener.onReset()
        return null
      },
    },
  }
}

function axisOptions({ content, colours }: PlotSurroundings): uPlot.Axis[] {
  const common = { font, stroke: () => colours().label, ticks: { show: false } }
  const mode = (): TimeMode => content()?.timeMode ?? 'local'
  const ticks = (plot: uPlot, fromMs: number, toMs: number) => {
    const most = Math.max(2, Math.floor(plot.width / labelWidthPx))
    const { atMs } = timeTicks({ fromMs, toMs }, most, (ms) => clockOffsetMs(ms, mode()))
    // A label at the very end would be cut off.
    return atMs.filter((ms) => plot.valToPos(ms, 'x') < plot.over.clientWidth - edgePx)
  }
  return [
    {
      ...common,
      size: axisHeightPx,
      gap: 6,
      grid: { show: false },
      splits: (plot, _, fromMs, toMs) => ticks(plot, fromMs, toMs),
      values: (_, splits) => {
        const stepMs = splits.length > 1 ? (splits[1] ?? 0) - (splits[0] ?? 0) : 60_000
        return splits.map((ms) => axisTime(ms, mode(), stepMs))
      },
    },
    {
      ...common,
      size: axisWidthPx,
      gap: 8,
      // Events are whole: no half of one.
      incrs: [1, 2, 5]
        .flatMap((step) => [step, ...[...Array(12).keys()].map((zeros) => step * 10 ** (zeros + 1))])
        .sort((a, b) => a - b),
      space: 36,
      grid: { stroke: () => colours().grid, width: 1 },
      values: (_, splits) => splits.map((value) => content()?.formatAxis(value) ?? ''),
    },
  ]
}

function hoverOf(plot: uPlot, content: PlotContent | undefined): Hover | undefined {
  const { left = -1 } = plot.cursor
  if (content === undefined || left < 0) return undefined
  const index = bucketAt(content.buckets, plot.posToVal(left, 'x'))
  const startMs = index === undefined ? undefined : content.buckets.startsMs[index]
  if (index === undefined || startMs === undefined) return undefined
  const start = plot.valToPos(startMs, 'x')
  return {
    index,
    leftPx: start + plot.over.offsetLeft,
    widthPx: plot.valToPos(startMs + content.buckets.widthMs, 'x') - start,
  }
}

function select(plot: uPlot, { listener, content }: PlotSurroundings): void {
  const { left, width } = plot.select
  const shown = content()
  if (width <= 0 || shown === undefined) return
  const { fromMs, toMs } = wholeBuckets(shown.buckets, plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'))
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  listener.onSelect(fromMs, toMs)
}
