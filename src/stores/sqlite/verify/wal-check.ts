/** Whether the WAL is whole. */
import type { CheckLog } from '../../check-log.ts'
import { readSettledWal } from '../wal-file.ts'

/** @param path of the store. There may be no WAL: then nothing is in it. */
export function checkWal(path: string, log: CheckLog): void {
  const wal = readSettledWal(path)
  if (wal === undefined) return
  const { frames, badFrame, isHeaderWhole, hasEndsBehind, lostCommits } = wal
  log.checked = badFrame ?? frames
  if (badFrame === undefined) return
  if (lostCommits > 0) {
    const place = isHeaderWhole ? `frame ${badFrame + 1}` : 'its header'
    log.problem(`${place} is damaged: at least ${lostCommits} commits are lost`)
  } else if (hasEndsBehind) {
    log.note('its last commit is not whole: cut off by a crash before it was acknowledged, or damaged')
  }
}
