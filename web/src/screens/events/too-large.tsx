/** A payload that would make the page slow: its size, and what can be done. */

import { useAction } from '../../api/action.ts'
import { getText } from '../../api/client.ts'
import { bytes } from '../../state/format.ts'
import { saveText } from '../../ui/save-text.ts'
import { type EventContent, eventContentIn, payloadLimits } from './event-content.ts'

export interface TooLargeProps {
  readonly event: EventContent
  readonly onLoadAll: () => void
}

export function TooLarge({ event, onLoadAll }: TooLargeProps) {
  return (
    <p class="tab-actions">
      <span>
        Too large to display ({bytes(event.payloadBytes)}).{' '}
        <span class="quiet small">The first {bytes(payloadLimits.startChars)}:</span>
      </span>
      <span class="spacer" />
      <button type="button" class="button small" onClick={onLoadAll}>
        Load anyway
      </button>
      <DownloadPayload event={event} />
    </p>
  )
}

/** The payload as a file: its bytes as they were received. */
export function DownloadPayload({ event }: { readonly event: EventContent }) {
  const { topic, eventId, isWhole, payload } = event
  const download = useAction(async () => {
    const path = `events/${encodeURIComponent(topic)}/${encodeURIComponent(eventId)}`
    const text = isWhole ? payload : eventContentIn(await wholeText(path)).payload
    saveText(`${eventId.replaceAll(/[^\w.-]+/g, '_')}.json`, 'application/json', text)
  })
  return (
    <button type="button" class="button small" disabled={download.isRunning} onClick={() => download.run()}>
      {download.error === undefined ? 'Download' : `Not loaded: ${download.error.message}`}
    </button>
  )
}

async function wholeText(path: string) {
  return { text: await getText(path, {}, new AbortController().signal), isWhole: true, totalBytes: undefined }
}
