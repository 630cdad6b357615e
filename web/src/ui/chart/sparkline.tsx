/** A row's recent past, small: stored below, duplicates on top of it. Its numbers are in the columns beside it. */
import { coarser } from './buckets.ts'

export interface SparklineProps {
  readonly label: string
  /** One per bucket, oldest first. */
  readonly stored: readonly number[]
  readonly duplicates: readonly number[]
}

const widthPx = 120
const heightPx = 20
const maxBars = 40

export function Sparkline({ label, stored, duplicates }: SparklineProps) {
  const below = coarser(stored, maxBars)
  const above = coarser(duplicates, maxBars)
  const top = Math.max(1, ...below.map((value, index) => value + (above[index] ?? 0)))
  // A single event among thousands is still seen.
  const high = (value: number) => (value === 0 ? 0 : Math.max(1, (value / top) * (heightPx - 3)))
  const belowHeights = below.map(high)
  return (
    <svg class="sparkline" width={widthPx} height={heightPx} role="img" aria-label={label}>
      <path d={`M0 ${heightPx - 0.5}h${widthPx}`} stroke="var(--line)" />
      <path d={bars(belowHeights, [])} fill="var(--accent)" />
      <path d={bars(above.map(high), belowHeights)} fill="var(--repeat)" />
    </svg>
  )
}

function bars(heights: readonly number[], feet: readonly number[]): string {
  const stepPx = widthPx / Math.max(1, heights.length)
  const barPx = (stepPx * 0.75).toFixed(2)
  return heights
    .map((height, index) => {
      if (height === 0) return ''
      const footPx = heightPx - 1 - (feet[index] ?? 0)
      return `M${(index * stepPx).toFixed(2)} ${footPx.toFixed(2)}h${barPx}v${(-height).toFixed(2)}h-${barPx}z`
    })
    .join('')
}
