/** The picture of a benchmark: throughput and latency against batch size, for a light page and for a dark one. */
import { version } from '../app/own-package.ts'
import { machineText } from './bench-machine.ts'
import { type Line, panelSvg } from './bench-panel.ts'
import { countTick, pictureSvg, pixel, shortCount, shortMs } from './bench-picture.ts'
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
  return pictureSvg({
    width,
    height,
    title: 'Sekali: throughput and latency against batch size',
    description: rows.map(rowText).join('; '),
    captions: [`sekali ${version}, Node ${process.version}, ${machineText(machine)}`, loadText(options)],
    parts: [
      panelSvg({ ...panel, ...throughput, ...throughputTexts, lines: throughputLines(rows) }),
      panelSvg({ ...panel, ...latency, ...latencyTexts, lines: latencyLines(rows) }),
      sizeAxis(rows, x.toPixel),
    ],
  })
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

function rowText({ size, eventsPerSecond, p50Ms, p99Ms }: BenchRow): string {
  return `${formatCount(size)} a batch: ${formatCount(eventsPerSecond.median)} events a second, p50 ${shortMs(p50Ms)} ms, p99 ${shortMs(p99Ms)} ms`
}
