/** What came again: when, how long after the stored one, from whom, and whether it was the same. */
import type { DuplicatePageAnswer } from '../../../../src/http/wire-types.ts'
import { Time } from '../../ui/time.tsx'
import { lateWords } from './duplicate-words.ts'

export interface CopyTableProps {
  readonly copies: DuplicatePageAnswer['duplicates']
  readonly storedAt: string
}

export function CopyTable({ copies, storedAt }: CopyTableProps) {
  return (
    <table class="copy-table">
      <thead>
        <tr>
          <th scope="col">Came again</th>
          <th scope="col" class="number">
            After
          </th>
          <th scope="col">From</th>
          <th scope="col">Content</th>
        </tr>
      </thead>
      <tbody>
        {copies.map(({ seen_at, source, conflict }, index) => (
          // Copies have no id of their own, and are listed from the newest on.
          <tr key={index}>
            <td>
              <Time at={seen_at} />
            </td>
            <td class="number">{lateWords(Date.parse(seen_at) - Date.parse(storedAt))}</td>
            <td>{source}</td>
            <td>{conflict ? <span class="badge alert">other content</span> : <span class="quiet">the same</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
