/** A table on standard output that comes in pages: those after the first stand under its head, in its widths. */
import { styled, terminalColumns } from './output.ts'
import { type Column, rowText, tableText, widthsOf } from './table.ts'

export class PagedTable {
  readonly #columns: readonly Column[]
  #widths: readonly number[] | undefined

  constructor(columns: readonly Column[]) {
    this.#columns = columns
  }

  /** Nothing for no rows. */
  text(rows: readonly (readonly string[])[]): string {
    if (rows.length === 0) return ''
    const options = { columns: terminalColumns(), styleHead: (line: string) => styled('bold', line) }
    const isFirst = this.#widths === undefined
    this.#widths ??= widthsOf(this.#columns, rows, options.columns === undefined ? 'whole' : 'cut')
    const layout = { ...options, widths: this.#widths }
    if (isFirst) return tableText(this.#columns, rows, layout)
    return rows.map((row) => `${rowText(this.#columns, row, layout)}\n`).join('')
  }
}
