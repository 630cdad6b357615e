/** Axes of the benchmark's picture: from values to pixels, and where ticks are. */

export interface Scale {
  readonly ticks: readonly number[]
  toPixel(value: number): number
}

/** Ticks at 1, 2 and 5 times a power of ten; a long axis has them at powers of ten alone. */
const steps = [1, 2, 5]
const maxTicks = 7

/**
 * An axis that holds all values, from one tick to another.
 *
 * @param values above 0.
 * @param from the pixel of the lowest tick. @param to that of the highest.
 */
export function logScaleWithTicks(values: readonly number[], from: number, to: number): Scale {
  const [min, max] = [Math.min(...values), Math.max(...values)]
  const powers = Array.from({ length: 30 }, (_, power) => power - 12)
  const candidates = powers.flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
  const below = candidates.findLast((tick) => tick <= min) ?? min
  const above = candidates.find((tick) => tick >= max && tick > below) ?? max
  const all = candidates.filter((tick) => tick >= below && tick <= above)
  const ticks = all.length <= maxTicks ? all : all.filter((tick) => Number.isInteger(Math.log10(tick)))
  return { ticks, toPixel: logarithmic({ min: below, max: above }, from, to) }
}

/** A linear axis from 0 that holds all values, of which none is below 0. @param from the pixel of 0. */
export function linearScaleWithTicks(values: readonly number[], from: number, to: number): Scale {
  const max = Math.max(...values, Number.MIN_VALUE)
  const power = 10 ** Math.floor(Math.log10(max))
  const step = [0.2, 0.5, 1, 2].map((part) => part * power).find((size) => max / size <= maxTicks - 1) ?? 2 * power
  const last = Math.ceil(max / step)
  const ticks = Array.from({ length: last + 1 }, (_, tick) => Number((tick * step).toPrecision(12)))
  return { ticks, toPixel: (value) => from + ((to - from) * value) / (last * step) }
}

/** An axis whose ticks are the values themselves. */
export function logScaleOf(values: readonly number[], from: number, to: number): Scale {
  const [min, max] = [Math.min(...values), Math.max(...values)]
  return { ticks: values, toPixel: min === max ? () => (from + to) / 2 : logarithmic({ min, max }, from, to) }
}

interface Range {
  readonly min: number
  readonly max: number
}

function logarithmic({ min, max }: Range, from: number, to: number): (value: number) => number {
  return (value) => from + ((to - from) * Math.log(value / min)) / Math.log(max / min)
}
