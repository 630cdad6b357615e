/** One panel of the benchmark's picture: lines over what was varied, with their names and values beside them. */
import { pixel } from './bench-picture.ts'
import { logScaleWithTicks, type Scale } from './bench-scale.ts'

export interface Point {
  /** What was varied, such as events a batch. */
  readonly size: number
  readonly value: number
  /** Drawn as a whisker when they differ from the value. */
  readonly min?: number
  readonly max?: number
}

export interface Line {
  /** Of the colours, and of the dashes, in the style sheet. */
  readonly className: string
  /** Written beside its last point, one line of text each. */
  readonly name: readonly string[]
  readonly points: readonly Point[]
  /** Where the values are written. */
  readonly labels: 'above' | 'below' | 'none'
}

export interface Panel {
  readonly title: string
  /** What a reader should know of the title's figures. */
  readonly note: string
  readonly lines: readonly Line[]
  readonly x: Scale
  /** Of the values; logarithmic without. */
  readonly scaleOf?: typeof logScaleWithTicks
  /** Pixels. */
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Of a tick, exactly. */
  tickText(value: number): string
  /** Of a point, rounded. */
  valueText(value: number): string
}

const titleGap = 30
const nameGap = 22
const lineHeight = 15
const minLabelGap = 30

export function panelSvg({ title, note, x, left, right, top, bottom, tickText, valueText, ...panel }: Panel): string {
  const lines = panel.lines.filter(({ points }) => points.length > 0)
  const values = lines.flatMap(({ points }) =>
    points.flatMap(({ value, min = value, max = value }) => [value, min, max]),
  )
  if (values.length === 0) return `<text class="muted" x="${left}" y="${top - titleGap}">${title}: none</text>`
  const y = (panel.scaleOf ?? logScaleWithTicks)(values, bottom, top)
  const grid = y.ticks.map((tick) => {
    const at = pixel(y.toPixel(tick))
    return `<path class="grid" d="M${left} ${at}H${right}"/><text class="muted end" x="${left - 10}" y="${at + 4}">${tickText(tick)}</text>`
  })
  const uprights = x.ticks.map((tick) => `M${pixel(x.toPixel(tick))} ${top}V${bottom}`)
  const drawn = lines.map((line) => lineSvg(line, x, y, valueText))
  return [
    `<text class="ink title" x="${left}" y="${top - titleGap}">${title}<tspan class="muted note"> ${note}</tspan></text>`,
    `<path class="grid" d="${uprights.join('')}"/>`,
    ...grid,
    ...drawn,
    ...namesSvg(lines, x, y),
  ].join('\n')
}

function lineSvg({ className, points, labels }: Line, x: Scale, y: Scale, valueText: Panel['valueText']): string {
  const places = points.map((point) => ({
    ...point,
    at: [pixel(x.toPixel(point.size)), pixel(y.toPixel(point.value))],
  }))
  const whiskers = places
    .filter(({ min, max }) => min !== undefined && max !== undefined && min < max)
    .map(({ at, min = 0, max = 0 }) => `M${at[0]} ${pixel(y.toPixel(min))}V${pixel(y.toPixel(max))}`)
  const path = places.map(({ at }) => at.join(' ')).join('L')
  const dots = places.map(({ at }) => `<circle class="${className} dot" cx="${at[0]}" cy="${at[1]}" r="3.5"/>`)
  let labelledTo = Number.NEGATIVE_INFINITY
  const texts = places.map(({ at: [atX = 0, atY = 0], value, min = value, max = value }) => {
    if (labels === 'none' || atX - labelledTo < minLabelGap) return ''
    labelledTo = atX
    // Clear of the whisker.
    const textY = labels === 'above' ? pixel(y.toPixel(max)) - 9 : pixel(y.toPixel(min)) + 19
    return `<text class="${className} value" x="${atX}" y="${Math.min(atY + 40, textY)}">${valueText(value)}</text>`
  })
  return [
    `<path class="${className} line" d="M${path}"/>`,
    ...whiskers.map((whisker) => `<path class="${className} whisker" d="${whisker}"/>`),
    ...dots,
    ...texts,
  ].join('')
}

/** The names of the lines beside their last points, moved apart where they would lie on each other. */
function namesSvg(lines: readonly Line[], x: Scale, y: Scale): string[] {
  const places = lines
    .map(({ className, name, points }) => ({ className, name, last: points.at(-1) }))
    .flatMap(({ last, ...line }) => (last ? [{ ...line, x: x.toPixel(last.size), y: y.toPixel(last.value) }] : []))
    .toSorted((a, b) => a.y - b.y)
  let freeFrom = Number.NEGATIVE_INFINITY
  return places.map((place) => {
    const top = Math.max(place.y + 4, freeFrom)
    freeFrom = top + place.name.length * lineHeight
    const texts = place.name.map(
      (text, row) =>
        `<text class="${place.className}${row === 0 ? ' name' : ''}" x="${pixel(place.x + nameGap)}" y="${pixel(top + row * lineHeight)}">${text}</text>`,
    )
    return texts.join('')
  })
}
