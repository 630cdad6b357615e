/** What an event says beside its payload. */
import type { ComponentChildren } from 'preact'
import { bytes, count } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Time } from '../../ui/time.tsx'
import type { EventContent } from './event-content.ts'

export function EventFields({ event }: { readonly event: EventContent }) {
  const { topic, eventId, timestamp, source, seq, processedAt, payloadBytes } = event
  return (
    <dl class="event-fields">
      <Field name="Event" copy={eventId}>
        <span class="mono">{eventId}</span>
      </Field>
      <Field name="Topic">
        <a href={hrefTo(['events'], { topic })}>{topic}</a>
      </Field>
      <Field name="Source">
        <a href={hrefTo(['events'], { source })}>{source}</a>
      </Field>
      <Field name="Timestamp" copy={timestamp}>
        <Time at={timestamp} /> <span class="quiet small mono">{timestamp}</span>
      </Field>
      {processedAt !== undefined && seq !== undefined && (
        <Field name="Stored">
          <Time at={processedAt} /> <span class="quiet small">as seq {count(seq)}</span>
        </Field>
      )}
      <Field name="Payload">{bytes(payloadBytes)}</Field>
    </dl>
  )
}

interface FieldProps {
  readonly name: string
  readonly copy?: string
  readonly children: ComponentChildren
}

function Field({ name, copy, children }: FieldProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span class="field-text">{children}</span>
        {copy !== undefined && <CopyButton label="Copy" text={copy} />}
      </dd>
    </div>
  )
}
