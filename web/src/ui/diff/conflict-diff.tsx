/** A conflict: what was stored first, and what came later under the same id and was refused. */
import { useMemo } from 'preact/hooks'
import { bytes } from '../../state/format.ts'
import { contentLines, differInSpaceOnly, differingFields, type EventContent } from './content-lines.ts'
import { Diff } from './diff.tsx'

export interface ConflictDiffProps {
  readonly stored: EventContent
  readonly refused: EventContent
}

/** Of both payloads together. */
const maxChars = 1024 * 1024

export function ConflictDiff({ stored, refused }: ConflictDiffProps) {
  const chars = stored.payload.length + refused.payload.length
  const isTooLarge = chars > maxChars
  const left = useMemo(() => (isTooLarge ? [] : contentLines(stored)), [stored, isTooLarge])
  const right = useMemo(() => (isTooLarge ? [] : contentLines(refused)), [refused, isTooLarge])
  const fields = differingFields(stored, refused)
  return (
    <div class="conflict-diff">
      <p class="small quiet">
        {fields === '' ? 'Nothing differs.' : `Different: ${fields}.`}
        {!isTooLarge && differInSpaceOnly(stored, refused) && ' The payloads differ only in the space between values.'}
      </p>
      {isTooLarge ? (
        <p>The two payloads are too large to compare here ({bytes(chars)}).</p>
      ) : (
        <Diff
          label="What was stored, beside what was refused"
          leftTitle="Stored"
          rightTitle="Refused"
          left={left}
          right={right}
        />
      )}
    </div>
  )
}
