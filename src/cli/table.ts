/** Tables for people: columns that line up, also where characters are wide, cut to the terminal. */
import { printable } from './output.ts'

export interface Column {
  readonly title: string
  /** Numbers stand on the right; left unless given. */
  readonly align?: 'left' | 'right'
  /** Longer texts are cut, in a terminal; undefined: never, unless it is the last column. */
  readonly maxWidth?: number
  /** Is not cut so that the last column has room: half of a time says nothing. */
  readonly isKept?: true
}

export interface TableOptions {
  /** Width of the terminal; undefined where it is none, and nothing is cut. */
  readonly columns: number | undefined
  /** Undefined: as wide as the widest of these rows needs. */
  readonly widths?: readonly number[]
  /** Of a whole line, once it is laid out. */
  readonly styleHead?: (line: string) => string
}

/** Widths that these rows need, for rows that are printed later under the same head. */
export function widthsOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  isCut: 'cut' | 'whole',
): readonly number[] {
  return columns.map(({ title, maxWidth = Number.POSITIVE_INFINITY }, index) => {
    const needed = Math.max(widthOf(title), ...rows.map((row) => widthOf(printable(row[index] ?? ''))))
    return isCut === 'cut' ? Math.min(needed, Math.max(maxWidth, widthOf(title))) : needed
  })
}

/** The head and all rows, each line with its end. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string {
  const widths = options.widths ?? widthsOf(columns, rows, options.columns === undefined ? 'whole' : 'cut')
  const titles = columns.map(({ title }) => title)
  const head = rowText(columns, titles, { ...options, widths })
  return [options.styleHead?.(head) ?? head, ...rows.map((row) => rowText(columns, row, { ...options, widths }))]
    .map((line) => `${line}\n`)
    .join('')
}

const gap = '  '

/** One line, without its end. */
export function rowText(columns: readonly Column[], row: readonly string[], options: TableOptions): string {
  const widths = fittedWidths(columns, options)
  let line = ''
  for (const [index, { align }] of columns.entries()) {
    const isLast = index === columns.length - 1
    const width = widths[index] ?? 0
    const room =
      options.columns === undefined ? Number.POSITIVE_INFINITY : isLast ? options.columns - widthOf(line) : width
    const text = cutTo(printable(row[index] ?? ''), room)
    const padding = ' '.repeat(Math.max(0, width - widthOf(text)))
    line += align === 'right' ? padding + text : isLast ? text : text + padding
    if (!isLast) line += gap
  }
  return options.columns === undefined ? line.trimEnd() : cutTo(line.trimEnd(), options.columns)
}

/** Texts are cut where they would push the last column out of the terminal; numbers are not. */
function fittedWidths(columns: readonly Column[], options: TableOptions): readonly number[] {
  const { widths = [], columns: terminal } = options
  if (terminal === undefined) return widths
  const isText = ({ align, isKept }: Column, index: number) =>
    align !== 'right' && !isKept && index < columns.length - 1
  const textWidths = widths.filter((_, index) => columns[index] !== undefined && isText(columns[index], index))
  const lastWidth = Math.min(widths.at(-1) ?? 0, Math.floor(terminal * lastColumnShare))
  const others = columns.slice(0, -1).reduce((sum, column, at) => sum + (isText(column, at) ? 0 : (widths[at] ?? 0)), 0)
  const room = terminal - others - lastWidth - gap.length * (columns.length - 1)
  const fitted = fitWidths(textWidths, room).values()
  return columns.map((column, index) => (isText(column, index) ? (fitted.next().value ?? 0) : (widths[index] ?? 0)))
}

/** Of a line: what the last column has at least, as far as it needs it. */
export const lastColumnShare = 0.25

/** Less says nothing. */
const minCutWidth = 4

/** The widest are cut, and alike, until all fit into the room; none below 4. */
export function fitWidths(widths: readonly number[], room: number): readonly number[] {
  let left = room
  for (const [index, width] of widths.toSorted((a, b) => a - b).entries()) {
    const share = Math.max(minCutWidth, Math.floor(left / (widths.length - index)))
    if (width > share) return widths.map((each) => Math.min(each, share))
    left -= width
  }
  return widths
}

/** Cells of a terminal. East Asian characters and emoji take two, marks that join the one before take none. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const char of text) width += isZeroWidth.test(char) ? 0 : isWide.test(char) ? 2 : 1
  return width
}

const isZeroWidth = /^(?:\p{Mark}|[\u200b-\u200d])$/u
const isWide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]$/u

/** With an ellipsis where something is left out. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let cut = ''
  let cells = 0
  for (const char of text) {
    cells += widthOf(char)
    if (cells > width - 1) break
    cut += char
  }
  return width < 1 ? '' : `${cut}…`
}
