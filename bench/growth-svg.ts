/** The picture of a growing store: events a second and memory against the events stored. */
import { version } from '../src/app/own-package.ts'
import { machineText, thisMachine } from '../src/cli/bench-machine.ts'
import { type Line, panelSvg } from '../src/cli/bench-panel.ts'
import { countTick, pictureSvg, pixel, shortCount } from '../src/cli/bench-picture.ts'
import { linearScaleWithTicks } from '../src/cli/bench-scale.ts'
import { formatCount } from '../src/cli/format.ts'
import { memoryLimitBytes } from './budgets.ts'
import type { FillWindow } from './fill.ts'

const width = 860
const height = 560
const left = 72
const right = 660
const rate = { top: 142, bottom: 302 }
const memory = { top: 376, bottom: 496 }

export function growthSvg(windows: readonly FillWindow[], captions: { readonly load: string }): string {
  const x = linearScaleWithTicks(
    windows.map(({ keys }) => keys),
    left,
    right,
  )
  const panel = { x, left, right, scaleOf: linearScaleWithTicks }
  const [first, last] = [windows[0], windows.at(-1)]
  const title = 'Sekali: speed and memory as the store fills'
  const rates = `${shortCount(first?.eventsPerSecond ?? 0)} events a second at first, ${shortCount(last?.eventsPerSecond ?? 0)} at ${formatCount(last?.keys ?? 0)} events`
  return pictureSvg({
    width,
    height,
    title,
    description: rates,
    captions: [`sekali ${version}, Node ${process.version}, ${machineText(thisMachine())}`, captions.load],
    parts: [
      panelSvg({
        ...panel,
        ...rate,
        title: 'events acknowledged per second',
        note: '',
        lines: [rateLine(windows)],
        tickText: countTick,
        valueText: shortCount,
      }),
      panelSvg({
        ...panel,
        ...memory,
        title: 'resident memory of the server, MiB',
        note: '',
        lines: memoryLines(windows),
        tickText: formatCount,
        valueText: formatCount,
      }),
      ...x.ticks.map(
        (tick) =>
          `<text class="ink middle" x="${pixel(x.toPixel(tick))}" y="${memory.bottom + 28}">${countTick(tick)}</text>`,
      ),
      `<text class="ink" x="${right + 34}" y="${memory.bottom + 28}">events stored</text>`,
    ],
  })
}

function rateLine(windows: readonly FillWindow[]): Line {
  const points = windows.map(({ keys, eventsPerSecond }) => ({ size: keys, value: eventsPerSecond }))
  const name = [`${shortCount(points.at(-1)?.value ?? 0)} at the end`, `${shortCount(points[0]?.value ?? 0)} at first`]
  return { className: 'first', name, points, labels: 'none' }
}

function memoryLines(windows: readonly FillWindow[]): Line[] {
  const points = windows.flatMap(({ keys, rssBytes }) =>
    rssBytes === undefined ? [] : [{ size: keys, value: rssBytes / 2 ** 20 }],
  )
  // A straight line needs no more points.
  const ends = [...points.slice(0, 1), ...points.slice(-1)]
  const granted = ends.map(({ size }) => ({ size, value: memoryLimitBytes(size) / 2 ** 20 }))
  const used = `${formatCount(points.at(-1)?.value ?? 0)} at the end`
  return [
    { className: 'original', name: ['granted:', '250 + 2 B an event'], points: granted, labels: 'none' },
    { className: 'second', name: [used], points, labels: 'none' },
  ]
}
