/** Whether two stores are the same, row by row. Memory holds one batch of each. */
import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../core/errors.ts'
import {
  type CopiedLog,
  type CopiedState,
  type CopyRow,
  type CopySource,
  type CopyTarget,
  idColumnOf,
} from '../core/store-copy.ts'

/** @returns after each batch, how many rows it had. @throws AppError that names the first row that differs. */
export async function* compareLog(
  { source, target }: { readonly source: CopySource; readonly target: CopyTarget },
  log: CopiedLog,
): AsyncGenerator<number> {
  const idOf = (row: CopyRow | undefined) => Number(row?.[idColumnOf(log)])
  let afterId = 0
  for (let ours = await source.readRows(log, 0); ours.length > 0; ) {
    const lastId = idOf(ours.at(-1))
    // All on their way at once, and the source is read while the target does.
    const [theirs, unrecognised, next] = await Promise.all([
      target.readRows(log, { firstId: afterId + 1, lastId }),
      log === 'event' ? target.findUnrecognised(ours) : undefined,
      source.readRows(log, lastId),
    ])
    for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
      if (!isDeepStrictEqual(theirs[at], ours[at])) throw notTheSame(differenceOf(log, theirs[at], ours[at]))
    }
    if (unrecognised !== undefined) throw notTheSame(`event ${unrecognised.seq} has no dedup key`)
    yield ours.length
    afterId = lastId
    ours = next
  }
  const [theirExtent, ourExtent] = [await target.extent(log), await source.extent(log)]
  if (!isDeepStrictEqual(theirExtent, ourExtent)) {
    throw notTheSame(`the target has ${log}s up to ${theirExtent.lastId}, the source up to ${ourExtent.lastId}`)
  }
}

/** @throws AppError that names what differs. */
export function compareState(theirs: CopiedState, ours: CopiedState): void {
  const theirParts: Readonly<Record<string, unknown>> = { ...theirs }
  const differing = Object.entries(ours).filter(([name, part]) => !isDeepStrictEqual(theirParts[name], part))
  if (differing.length > 0) throw notTheSame(differing.map(([name]) => name).join(', '))
}

function differenceOf(log: CopiedLog, theirs: CopyRow | undefined, ours: CopyRow | undefined): string {
  const id = idColumnOf(log)
  if (ours === undefined || Number(theirs?.[id]) < Number(ours[id]))
    return `${log} ${theirs?.[id]} is in the target alone`
  if (theirs === undefined || theirs[id] !== ours[id]) return `${log} ${ours[id]} is missing`
  const columns = Object.keys(ours).filter((column) => theirs[column] !== ours[column])
  return `${log} ${ours[id]}, its ${columns.join(', ')}`
}

function notTheSame(what: string): AppError {
  return new AppError('store_unavailable', `the copy is not the same as what was copied: ${what}`)
}
