/** Whether the WAL is whole. */
import type { CheckLog } from '../../check-log.ts'
import { lostCommits, readSettledWal } from '../wal-file.ts'

/** @param path of the store. There may be no WAL: then nothing is in it. */
export function checkWal(path: string, log: CheckLog): void {
  const state = readSettledWal(path)
  if (state === undefined) return
  const { frames, badFrame, commitsBehind } = state
  log.checked = badFrame ?? frames
  if (badFrame === undefined || commitsBehind === 0) return
  const lost = lostCommits(state)
  if (lost > 0) log.problem(`frame ${badFrame + 1} is damaged: at least ${lost} commits are lost`)
  else log.note('its last commit is not whole: cut off by a crash before it was acknowledged, or damaged')
}
