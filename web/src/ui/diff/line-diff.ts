/** Two lists of lines side by side: what both have stands in one row. No DOM. */

export interface DiffRow {
  /** Undefined: this side has no line here. */
  readonly left: string | undefined
  readonly right: string | undefined
  readonly isSame: boolean
}

/** Cells of the table of common subsequences: above that, everything between the common ends counts as changed. */
const maxCells = 4_000_000

export function diffLines(left: readonly string[], right: readonly string[]): DiffRow[] {
  const start = commonStart(left, right)
  const end = commonEnd(left.slice(start), right.slice(start))
  const same = (line: string): DiffRow => ({ left: line, right: line, isSame: true })
  return [
    ...left.slice(0, start).map(same),
    ...diffMiddle(left.slice(start, left.length - end), right.slice(start, right.length - end)),
    ...left.slice(left.length - end).map(same),
  ]
}

function commonStart(left: readonly string[], right: readonly string[]): number {
  let length = 0
  while (length < left.length && length < right.length && left[length] === right[length]) length++
  return length
}

function commonEnd(left: readonly string[], right: readonly string[]): number {
  let length = 0
  while (length < left.length && length < right.length && left.at(-1 - length) === right.at(-1 - length)) length++
  return length
}

function diffMiddle(left: readonly string[], right: readonly string[]): DiffRow[] {
  if (left.length * right.length > maxCells) return paired(left, right)
  const lengths = commonLengths(left, right)
  const width = right.length + 1
  const rows: DiffRow[] = []
  let removed: string[] = []
  let added: string[] = []
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    const a = left[i]
    const b = right[j]
    if (a !== undefined && a === b) {
      rows.push(...paired(removed, added), { left: a, right: b, isSame: true })
      removed = []
      added = []
      i++
      j++
    } else if (
      b === undefined ||
      (a !== undefined && (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))
    ) {
      if (a !== undefined) removed.push(a)
      i++
    } else {
      added.push(b)
      j++
    }
  }
  return [...rows, ...paired(removed, added)]
}

/** Changed lines face each other as far as both sides have any. */
function paired(removed: readonly string[], added: readonly string[]): DiffRow[] {
  return Array.from({ length: Math.max(removed.length, added.length) }, (_, index) => ({
    left: removed[index],
    right: added[index],
    isSame: false,
  }))
}

/** For every pair of places: how many lines the rests have in common. */
function commonLengths(left: readonly string[], right: readonly string[]): Uint32Array {
  const width = right.length + 1
  const lengths = new Uint32Array((left.length + 1) * width)
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        left[i] === right[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0)
    }
  }
  return lengths
}
