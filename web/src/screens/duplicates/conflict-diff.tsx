/** What was stored beside what was refused. */
import type { Content } from './content-text.ts'

export interface ConflictDiffProps {
  readonly stored: Content
  readonly refused: Content
}

export function ConflictDiff({ stored, refused }: ConflictDiffProps) {
  return (
    <div class="form-pair">
      <pre class="code-block">{stored.payload}</pre>
      <pre class="code-block">{refused.payload}</pre>
    </div>
  )
}
