/** A column's head that sorts by it, largest first: the order is in the address, and the server's. */
import type { ComponentChildren } from 'preact'
import { hrefWith } from '../state/location.ts'

export interface SortHeadProps {
  readonly sort: string
  /** What the rows are sorted by now. */
  readonly current: string
  /** The order without any in the address. */
  readonly usual: string
  readonly title?: string
  readonly children: ComponentChildren
}

export function SortHead({ sort, current, usual, title, children }: SortHeadProps) {
  const isCurrent = sort === current
  const href = hrefWith({
    sort: sort === usual ? undefined : sort,
    cursor: undefined,
    page: undefined,
    open: undefined,
  })
  return (
    <th scope="col" class="number" aria-sort={isCurrent ? 'descending' : undefined} title={title}>
      <a class="sort" href={href}>
        {/* Before the text: numbers and their head end at the same place. */}
        <span class="sort-mark" aria-hidden="true">
          {isCurrent ? '↓' : ''}
        </span>
        {children}
      </a>
    </th>
  )
}
