/** The command that would publish the event again. */
import { apiUrl } from '../../api/client.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { type EventContent, payloadLimits } from './event-content.ts'
import { eventJson, publishCommand } from './publish-command.ts'
import { TooLarge } from './too-large.tsx'

export interface CurlTabProps {
  readonly event: EventContent
  readonly isAll: boolean
  readonly onLoadAll: () => void
}

export function CurlTab({ event, isAll, onLoadAll }: CurlTabProps) {
  if (!event.isWhole || (event.payloadBytes > payloadLimits.maxShownBytes && !isAll)) {
    return <TooLarge event={event} onLoadAll={onLoadAll} />
  }
  const command = publishCommand(event, apiUrl('publish'))
  return (
    <>
      <p class="tab-actions">
        <span class="small quiet">Sends the event again. It is counted as a duplicate and stored no second time.</span>
        <span class="spacer" />
        <CopyButton label="Copy event" text={() => eventJson(event)} />
        <CopyButton label="Copy cURL" text={command} />
      </p>
      <pre class="code-block payload-text">{command}</pre>
    </>
  )
}
