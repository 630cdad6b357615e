/** The ranges of the chart, and where their bars begin. No DOM. */

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

export const ranges = [
  { name: '15m', text: '15 min', words: 'last 15 minutes', lengthMs: 15 * minuteMs, widthS: 10, everyMs: 2000 },
  { name: '1h', text: '1 h', words: 'last hour', lengthMs: hourMs, widthS: 40, everyMs: 2000 },
  // Wider ranges come from the coarse rollup, whose bars are multiples of ten minutes.
  { name: '24h', text: '24 h', words: 'last 24 hours', lengthMs: dayMs, widthS: 1200, everyMs: 10_000 },
  { name: '7d', text: '7 d', words: 'last 7 days', lengthMs: 7 * dayMs, widthS: 7200, everyMs: 30_000 },
] as const

export type RangeName = (typeof ranges)[number]['name']

export function rangeNamed(name: string | null): (typeof ranges)[number] {
  return ranges.find((range) => range.name === name) ?? ranges[1]
}

/** Bars at fixed places of the clock: they move on by whole widths; the last one, which is not over yet, is the live one. */
export function barsBefore(
  nowMs: number,
  { lengthMs, widthS }: { readonly lengthMs: number; readonly widthS: number },
) {
  const widthMs = widthS * 1000
  const toMs = (Math.floor(nowMs / widthMs) + 1) * widthMs
  return { from: new Date(toMs - lengthMs).toISOString(), to: new Date(toMs).toISOString(), width_s: widthS }
}
