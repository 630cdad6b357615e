/** The picture of a benchmark: throughput and latency against batch size, for a light page and for a dark one. */
import { version } from '../app/version.ts'
import { machineText } from './bench-machine.ts'
import { type Line, panelSvg } from './bench-panel.ts'
import { type BenchReport, loadText } from './bench-report.ts'
import type { BenchRow } from './bench-rows.ts'
import { logScaleOf } from './bench-scale.ts'
import { formatCount } from './format.ts'

const width = 860
const height = 676
const left = 72
const right = 660
const throughput = { top: 142, bottom: 362 }
const latency = { top: 440, bottom: 592 }

export function reportSvg(report: BenchReport): string {
  const { options, machine, rows } = report
  const sizes = rows.map(({ size }) => size)
  const x = logScaleOf(sizes, left + 24, right - 24)
  const panel = { x, left, right }
  const throughputTexts = {
    title: 'events acknowledged per second',
    note: options.repeat > 1 ? '(log scale; median, min to max)' : '(log scale)',
    tickText: countTick,
    valueText: shortCount,
  }
  const latencyTexts = {
    title: 'milliseconds until a request is acknowledged',
    note: '(log scale)',
    tickText: (value: number) => (value < 1 ? String(value) : formatCount(value)),
    valueText: shortMs,
  }
  const [first = '', second = ''] = [
    `sekali ${version}, Node ${process.version}, ${machineText(machine)}`,
    loadText(options),
  ].map(escaped)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">
<title id="title">Sekali: throughput and latency against batch size</title>
<desc id="description">${escaped(rows.map(rowText).join('; '))}</desc>
<style>${style}</style>
<rect class="paper" width="${width}" height="${height}" rx="8"/>
<text class="ink headline" x="24" y="36">Sekali: throughput and latency against batch size</text>
<text class="muted" x="24" y="57">${first}</text>
<text class="muted" x="24" y="75">${second}</text>
${panelSvg({ ...panel, ...throughput, ...throughputTexts, lines: throughputLines(rows) })}
${panelSvg({ ...panel, ...latency, ...latencyTexts, lines: latencyLines(rows) })}
${sizeAxis(rows, x.toPixel)}
</svg>
`
}

function throughputLines(rows: readonly BenchRow[]): Line[] {
  const measured = rows
    .filter(({ eventsPerSecond }) => eventsPerSecond.min > 0)
    .map(({ size, eventsPerSecond: { median, min, max } }) => ({ size, value: median, min, max }))
  const original = rows.flatMap(({ size, originalEventsPerSecond: value }) => (value ? [{ size, value }] : []))
  return [
    { className: 'first', name: ['Sekali'], points: measured, labels: 'above' },
    {
      className: 'original',
      name: ['original program', '(in process, no network)'],
      points: original,
      labels: 'below',
    },
  ]
}

function latencyLines(rows: readonly BenchRow[]): Line[] {
  const points = (name: 'p50Ms' | 'p99Ms') =>
    rows.filter((row) => row[name] > 0).map((row) => ({ size: row.size, value: row[name] }))
  return [
    { className: 'second', name: ['p99'], points: points('p99Ms'), labels: 'above' },
    { className: 'first', name: ['p50'], points: points('p50Ms'), labels: 'below' },
  ]
}

const minTickGap = 34

/** Batch sizes, and the connections that sent them. */
function sizeAxis(rows: readonly BenchRow[], toPixel: (size: number) => number): string {
  let labelledTo = Number.NEGATIVE_INFINITY
  const labels = rows.map(({ size, connections }) => {
    const at = pixel(toPixel(size))
    if (at - labelledTo < minTickGap) return ''
    labelledTo = at
    const sizeLabel = `<text class="ink middle" x="${at}" y="${latency.bottom + 34}">${formatCount(size)}</text>`
    return `${sizeLabel}<text class="muted middle" x="${at}" y="${latency.bottom + 56}">${connections}</text>`
  })
  return [
    ...labels,
    `<text class="ink" x="${right + 26}" y="${latency.bottom + 34}">events a batch</text>`,
    `<text class="muted" x="${right + 26}" y="${latency.bottom + 56}">connections</text>`,
  ].join('\n')
}

interface Palette {
  readonly paper: string
  readonly ink: string
  readonly muted: string
  readonly grid: string
  readonly first: string
  readonly second: string
  readonly original: string
}

const light: Palette = {
  paper: '#ffffff',
  ink: '#1f2328',
  muted: '#656d76',
  grid: '#e6e9ec',
  first: '#0d7a70',
  second: '#b4540a',
  original: '#7b838c',
}
const dark: Palette = {
  paper: '#0d1117',
  ink: '#e6edf3',
  muted: '#8d96a0',
  grid: '#232a32',
  first: '#3fcfbf',
  second: '#eb9a55',
  original: '#8d96a0',
}

/** Fill for texts, stroke for lines; without CSS variables, which not every viewer of pictures knows. */
function colors(palette: Palette): string {
  return Object.entries(palette)
    .map(
      ([name, color]) =>
        `.${name}{${name === 'grid' ? 'stroke' : 'fill'}:${color}}.${name}.line,.${name}.whisker{stroke:${color}}`,
    )
    .join('')
}

const style = [
  'text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;font-variant-numeric:tabular-nums}',
  '.headline{font-size:18px;font-weight:600}.title{font-weight:600}.name{font-weight:600}.note{font-weight:400}.value{font-size:12px}',
  '.end{text-anchor:end}.middle,.value{text-anchor:middle}',
  colors(light),
  `@media (prefers-color-scheme:dark){${colors(dark)}}`,
  '.grid{stroke-width:1}.line,.whisker{fill:none;stroke-width:2;stroke-linejoin:round}.line.original{stroke-dasharray:2 4;stroke-linecap:round}',
].join('\n')

function rowText({ size, eventsPerSecond, p50Ms, p99Ms }: BenchRow): string {
  return `${formatCount(size)} a batch: ${formatCount(eventsPerSecond.median)} events a second, p50 ${shortMs(p50Ms)} ms, p99 ${shortMs(p99Ms)} ms`
}

/** 500, 20k, 1M */
function countTick(value: number): string {
  if (value < 1000) return String(value)
  return value < 1_000_000 ? `${value / 1000}k` : `${value / 1_000_000}M`
}

/** 950, 8.7k, 117k, 1.2M */
function shortCount(value: number): string {
  if (value < 1000) return String(Math.round(value))
  return value < 999_500 ? `${shortNumber(value / 1000)}k` : `${shortNumber(value / 1_000_000)}M`
}

/** 0.45, 7.3, 117 */
function shortMs(value: number): string {
  return value < 0.995 ? String(Number(value.toPrecision(2))) : shortNumber(value)
}

function shortNumber(value: number): string {
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function pixel(value: number): number {
  return Math.round(value * 10) / 10
}
