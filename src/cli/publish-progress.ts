/** The line that `sekali publish` paints on a terminal while it works. Within 80 columns. */
import type { Retry } from '../client/post-batch.ts'
import { formatBytes, formatCount, formatRate, formatSeconds } from './format.ts'
import { printable } from './output.ts'
import type { Tally } from './publish-run.ts'
import { barText } from './terminal-line.ts'

const barWidth = 16

/** @param totalBytes undefined where no end is known. */
export function progressText(tally: Readonly<Tally>, totalBytes: number | undefined, elapsedMs: number): string {
  const { bytes } = tally.readSoFar
  const counts = `${formatCount(tally.unique)} unique  ${formatCount(tally.duplicates)} dup`
  const rate = formatRate(tally.sent, elapsedMs)
  if (totalBytes === undefined) return `${formatBytes(bytes)}  ${rate}  ${counts}`
  const fraction = totalBytes === 0 ? 1 : bytes / totalBytes
  const percent = `${Math.floor(fraction * 100)} %`.padStart(5)
  return `${barText(fraction, barWidth)} ${percent} of ${formatBytes(totalBytes)}  ${rate}  ${counts}`
}

export function retryText({ attempts, reason, delayMs }: Retry): string {
  return `waiting ${formatSeconds(delayMs)} before attempt ${attempts + 1}: ${printable(reason)}`
}
