/** A row's recent past, small: stored below, duplicates on top of it. Its numbers are in the columns beside it. */

export interface SparklineProps {
  readonly label: string
  /** One per bucket, oldest first. */
  readonly stored: readonly number[]
  readonly duplicates: readonly number[]
  readonly widthPx?: number
  readonly heightPx?: number
}

export function Sparkline({ label, stored, duplicates, widthPx = 120, heightPx = 20 }: SparklineProps) {
  const top = Math.max(1, ...stored.map((value, index) => value + (duplicates[index] ?? 0)))
  const barPx = widthPx / Math.max(1, stored.length)
  // A single event among thousands is still seen.
  const high = (value: number) => (value === 0 ? 0 : Math.max(1.5, (value / top) * (heightPx - 1)))
  const bars = (heights: readonly number[], above: readonly number[]): string =>
    heights
      .map((height, index) =>
        height === 0
          ? ''
          : `M${(index * barPx).toFixed(2)} ${(heightPx - 1 - (above[index] ?? 0)).toFixed(2)}h${(barPx * 0.8).toFixed(2)}v${(-height).toFixed(2)}h${(-barPx * 0.8).toFixed(2)}z`,
      )
      .join('')
  const storedHeights = stored.map(high)
  return (
    <svg class="sparkline" width={widthPx} height={heightPx} role="img" aria-label={label}>
      <path d={`M0 ${heightPx - 0.5}h${widthPx}`} stroke="var(--line)" />
      <path d={bars(storedHeights, [])} fill="var(--accent)" />
      <path d={bars(duplicates.map(high), storedHeights)} fill="var(--repeat)" />
    </svg>
  )
}
