/** Tables for people: columns that line up, also where characters are wide, cut to the terminal. */
import { printable } from './output.ts'

export interface Column {
  readonly title: string
  /** Numbers stand on the right; left unless given. */
  readonly align?: 'left' | 'right'
  /** Longer texts are cut, in a terminal; undefined: never, unless it is the last column. */
  readonly maxWidth?: number
  /** Of one that can be cut, to here it makes room for others; 8 unless given. */
  readonly minWidth?: number
}

export interface TableOptions {
  /** Width of the terminal; undefined where it is none, and nothing is cut. */
  readonly columns: number | undefined
  /** Undefined: as wide as the widest of these rows needs. */
  readonly widths?: readonly number[]
  /** Of a whole line, once it is laid out. */
  readonly styleHead?: (line: string) => string
}

const defaultMinWidth = 8
/** Of a last column that takes what is left, such as a payload: a time is not cut, and less of others says little. */
const minLastWidth = 24

/**
 * Widths that these rows need, also for rows that are printed later under the same head.
 *
 * @param terminal its width, which the columns that can be cut make room for; undefined where it is none.
 */
export function widthsOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: number | undefined,
): readonly number[] {
  const needed = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(printable(row[index] ?? '')))),
  )
  if (terminal === undefined) return needed
  const widths = columns.map(({ title, maxWidth = Number.POSITIVE_INFINITY }, index) =>
    Math.min(needed[index] ?? 0, Math.max(maxWidth, widthOf(title))),
  )
  for (let tooWide = lineWidthOf(columns, widths) - terminal; tooWide > 0; tooWide--) {
    const spare = widths.map((width, index) => (isCuttable(columns[index], width) ? width : 0))
    const widest = Math.max(...spare)
    if (widest === 0) break
    widths[spare.lastIndexOf(widest)] = widest - 1
  }
  return widths
}

function isCuttable(column: Column | undefined, width: number): boolean {
  return column?.maxWidth !== undefined && width > (column.minWidth ?? defaultMinWidth)
}

function lineWidthOf(columns: readonly Column[], widths: readonly number[]): number {
  const last = columns.length - 1
  const isOpen = columns[last]?.maxWidth === undefined && columns[last]?.align !== 'right'
  const taken = widths.map((width, index) => (index === last && isOpen ? Math.min(width, minLastWidth) : width))
  return taken.reduce((sum, width) => sum + width, 0) + gap.length * last
}

const gap = '  '

/** The head and all rows, each line with its end. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string {
  const widths = options.widths ?? widthsOf(columns, rows, options.columns)
  const titles = columns.map(({ title }) => title)
  const head = rowText(columns, titles, { ...options, widths })
  return [options.styleHead?.(head) ?? head, ...rows.map((row) => rowText(columns, row, { ...options, widths }))]
    .map((line) => `${line}\n`)
    .join('')
}

/** One line, without its end. */
export function rowText(columns: readonly Column[], row: readonly string[], options: TableOptions): string {
  const { widths = [] } = options
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
  return cutTo(line.trimEnd(), options.columns ?? Number.POSITIVE_INFINITY)
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
