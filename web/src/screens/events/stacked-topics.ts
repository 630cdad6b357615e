/** The largest topics and the rest, as layers of a chart. No DOM. */

export interface Layer {
  readonly label: string
  /** A custom property. */
  readonly colour: string
  readonly values: readonly number[]
}

/** Shades of one colour, darkest for the largest; the rest is grey. */
const colours = ['--shade-1', '--shade-2', '--shade-3', '--shade-4', '--shade-5'] as const

/** @param totals of each bucket. @param topics the largest first. */
export function stackedTopics(
  totals: readonly number[],
  topics: readonly { readonly topic: string; readonly events: readonly number[] }[],
): Layer[] {
  // A single colour for what has a single part.
  if (topics.length === 0) return [{ label: 'Events', colour: '--accent', values: totals }]
  const layers: Layer[] = topics
    .slice(0, colours.length)
    .map(({ topic, events }, at) => ({ label: topic, colour: colours[at] ?? '--accent', values: events }))
  // Counted one after the other while events come in: what came in between must not show as less than nothing.
  const rest = totals.map((total, at) =>
    Math.max(0, total - layers.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)),
  )
  if (rest.some((value) => value > 0)) layers.push({ label: 'Other topics', colour: '--repeat', values: rest })
  return layers
}
