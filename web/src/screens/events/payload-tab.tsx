/** The payload as a tree, or as the text that was received. */
import { bytes } from '../../state/format.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { JsonView } from '../../ui/json/json-view.tsx'
import { type EventContent, payloadLimits, startOf } from './event-content.ts'
import { DownloadPayload, TooLarge } from './too-large.tsx'

export interface PayloadTabProps {
  readonly event: EventContent
  readonly as: 'tree' | 'raw'
  /** Somebody asked for all of it, however large. */
  readonly isAll: boolean
  readonly onLoadAll: () => void
}

export function PayloadTab({ event, as, isAll, onLoadAll }: PayloadTabProps) {
  const { payload, payloadBytes, isWhole } = event
  if (!isWhole || (payloadBytes > payloadLimits.maxShownBytes && !isAll)) {
    return (
      <>
        <TooLarge event={event} onLoadAll={onLoadAll} />
        <pre class="code-block payload-text">{startOf(payload, payloadLimits.startChars)}…</pre>
      </>
    )
  }
  return (
    <>
      <p class="tab-actions">
        <span class="small quiet">
          {as === 'raw' ? `${bytes(payloadBytes)}, exactly as received` : 'Numbers and texts as they were sent'}
        </span>
        <span class="spacer" />
        <CopyButton label="Copy payload" text={payload} />
        <DownloadPayload event={event} />
      </p>
      {as === 'tree' ? <JsonView text={payload} /> : <pre class="code-block payload-text">{payload}</pre>}
    </>
  )
}
