/** The way through the pages of a list whose place is in the address as `cursor` and `page`. */
import { count } from '../state/format.ts'
import { hrefWith } from '../state/location.ts'

export interface PagesProps {
  /** 1 for the first. */
  readonly page: number
  /** On all pages; undefined when the server does not say. */
  readonly rows?: number
  readonly pageRows: number
  /** The server's next_cursor. */
  readonly next: string | null
}

export function Pages({ page, rows, pageRows, next }: PagesProps) {
  if (page === 1 && next === null) return null
  return (
    <nav class="pages small" aria-label="Pages">
      {page > 1 && (
        <a class="button small" href={hrefWith({ cursor: undefined, page: undefined, open: undefined })}>
          First page
        </a>
      )}
      <span class="quiet">
        Page {count(page)}
        {rows !== undefined && ` of ${count(Math.ceil(rows / pageRows))}`}
      </span>
      {next !== null && (
        <a class="button small" href={hrefWith({ cursor: next, page: String(page + 1), open: undefined })}>
          Next page
        </a>
      )}
    </nav>
  )
}
