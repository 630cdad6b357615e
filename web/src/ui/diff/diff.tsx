/** Two texts side by side, line by line; what both have is folded away where it is long. */
import './diff.css'
import { useMemo, useState } from 'preact/hooks'
import { count } from '../../state/format.ts'
import { type DiffPart, foldSame } from './folded.ts'
import { type DiffRow, diffLines } from './line-diff.ts'

export interface DiffProps {
  /** What it compares, for those who do not see it. */
  readonly label: string
  readonly leftTitle: string
  readonly rightTitle: string
  readonly left: readonly string[]
  readonly right: readonly string[]
}

/** Rows that are drawn; a page with more of them is slow, and nobody reads them. */
const maxRows = 2000

export function Diff({ label, leftTitle, rightTitle, left, right }: DiffProps) {
  const [isUnfolded, setUnfolded] = useState(false)
  const { parts, hiddenRows } = useMemo(() => {
    const rows = diffLines(left, right)
    const shown = rows.slice(0, maxRows)
    return { parts: foldSame(shown), hiddenRows: rows.length - shown.length }
  }, [left, right])
  return (
    <table class="diff" aria-label={label}>
      <thead>
        <tr>
          <th scope="col">{leftTitle}</th>
          <th scope="col">{rightTitle}</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((part, index) =>
          part.kind === 'rows' || isUnfolded ? (
            part.rows.map((row, at) => <Row key={`${index} ${at}`} row={row} />)
          ) : (
            <Fold key={index} part={part} onUnfold={() => setUnfolded(true)} />
          ),
        )}
        {hiddenRows > 0 && (
          <tr class="diff-fold">
            <td colSpan={2}>{count(hiddenRows)} more lines are not shown here.</td>
          </tr>
        )}
      </tbody>
    </table>
  )
}

function Fold({ part, onUnfold }: { readonly part: DiffPart; readonly onUnfold: () => void }) {
  return (
    <tr class="diff-fold">
      <td colSpan={2}>
        <button type="button" class="button quiet small" onClick={onUnfold}>
          {count(part.rows.length)} equal lines
        </button>
      </td>
    </tr>
  )
}

function Row({ row: { left, right, isSame } }: { readonly row: DiffRow }) {
  return (
    <tr>
      <Side text={left} mark={isSame ? undefined : '−'} kind={isSame ? 'same' : 'removed'} />
      <Side text={right} mark={isSame ? undefined : '+'} kind={isSame ? 'same' : 'added'} />
    </tr>
  )
}

interface SideProps {
  readonly text: string | undefined
  /** Colour is never the only sign. */
  readonly mark: string | undefined
  readonly kind: 'same' | 'removed' | 'added'
}

function Side({ text, mark, kind }: SideProps) {
  if (text === undefined) return <td class="diff-none" aria-label="no such line" />
  return (
    <td class={`diff-${kind}`} data-mark={mark}>
      {mark !== undefined && <span class="visually-hidden">differs: </span>}
      {text}
    </td>
  )
}
