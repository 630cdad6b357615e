/** The heading of a column that sorts by it. */
import { go, hrefWith } from '../../state/location.ts'
import { type Column, sortAfterClick, type TopicsView } from './topic-list.ts'

export interface SortHeadProps {
  readonly column: Column
  readonly text: string
  readonly view: TopicsView
  readonly isNumber?: boolean
}

export function SortHead({ column, text, view, isNumber = false }: SortHeadProps) {
  const isSorted = view.column === column
  // Its place is kept, so that columns do not move when another is sorted by.
  const mark = (
    <span class="sort-mark" aria-hidden="true">
      {isSorted ? (view.isDescending ? '↓' : '↑') : ''}
    </span>
  )
  return (
    <th
      scope="col"
      class={isNumber ? 'number' : undefined}
      aria-sort={isSorted ? (view.isDescending ? 'descending' : 'ascending') : undefined}
    >
      <button
        type="button"
        class="sort"
        onClick={() => go(hrefWith({ sort: sortAfterClick(view, column), page: undefined }))}
      >
        {isNumber && mark}
        {text}
        {!isNumber && mark}
      </button>
    </th>
  )
}
