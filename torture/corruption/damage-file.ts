/** What a disk may do to a file. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import type { Random } from '../random.ts'

export interface Damage {
  readonly what: string
  /** The file was as a crash leaves it, and its WAL was damaged. */
  readonly isWal: boolean
  readonly isCutOff: boolean
  /** So many that are apart; 0 when it was cut off. */
  readonly places: number
}

export function damageFile(path: string, isWal: boolean, random: Random): Damage {
  const bytes = readFileSync(path)
  const kind = random.share()
  if (kind < 0.15) {
    const size = random.whole(0, bytes.length - 1)
    truncateSync(path, size)
    return {
      what: `${isWal ? 'the WAL' : 'the file'} cut off at ${size} of ${bytes.length}`,
      isWal,
      isCutOff: true,
      places: 0,
    }
  }
  if (kind < 0.35) {
    const page = random.whole(0, Math.floor((bytes.length - 1) / 4096))
    bytes.fill(0, page * 4096, (page + 1) * 4096)
    writeFileSync(path, bytes)
    return {
      what: `zeros from ${page * 4096} in ${isWal ? 'the WAL' : 'the file'}`,
      isWal,
      isCutOff: false,
      places: 1,
    }
  }
  const flips = Array.from({ length: 1 + Math.floor(random.share() * random.share() * 8) }, () =>
    random.whole(0, 8 * bytes.length - 1),
  )
  for (const bit of flips) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  writeFileSync(path, bytes)
  return {
    what: `bits ${flips.join(', ')} of ${isWal ? 'the WAL' : 'the file'}`,
    isWal,
    isCutOff: false,
    places: flips.length,
  }
}
