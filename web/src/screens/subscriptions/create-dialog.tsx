/** The form for a new subscription. What the server refuses is said at its field. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { useAction } from '../../api/action.ts'
import { ApiError, send } from '../../api/client.ts'
import { announce } from '../../ui/announce.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { bodyOf, emptyDraft, type Fault, faultAt, type SubscriptionDraft } from './new-subscription.ts'
import { PointFields } from './point-fields.tsx'
import { PushFields } from './push-fields.tsx'
import { subscriptionPath } from './subscription-detail.tsx'

export interface CreateDialogProps {
  readonly onClose: () => void
  readonly onCreated: (name: string) => void
}

export function CreateDialog({ onClose, onCreated }: CreateDialogProps) {
  const [draft, setDraft] = useState(emptyDraft)
  const form = useRef<HTMLFormElement>(null)
  const change = (changes: Partial<SubscriptionDraft>) => setDraft((before) => ({ ...before, ...changes }))
  const create = useAction(async () => {
    // Without a name it would be another address.
    if (draft.name.trim() === '') throw new ApiError('a name is missing', { faults: [nameMissing] })
    await send('PUT', subscriptionPath(draft.name.trim()), bodyOf(draft, Date.now()))
    announce(`Subscription ${draft.name} created`)
    onCreated(draft.name.trim())
  })
  const faults = faultsOf(create.error)
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [create.error])
  return (
    <Dialog title="New subscription" onClose={onClose}>
      <form
        ref={form}
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          create.run()
        }}
      >
        <Field label="Name" hint="Letters, digits, - _ and ." fault={faultAt(faults, '/name')}>
          {(control) => (
            <input
              {...control}
              autoComplete="off"
              spellcheck={false}
              value={draft.name}
              onInput={({ currentTarget }) => change({ name: currentTarget.value })}
            />
          )}
        </Field>
        <Field
          label="Topics"
          hint="One a line. * stands for one dot-separated part, > for the rest: orders.*, logs.>"
          fault={faultAt(faults, '/topics')}
        >
          {(control) => (
            <textarea
              {...control}
              class="field mono"
              rows={2}
              spellcheck={false}
              value={draft.topics}
              onInput={({ currentTarget }) => change({ topics: currentTarget.value })}
            />
          )}
        </Field>
        <PointFields
          label="Begins at"
          point={draft.start}
          onChange={(start) => change({ start })}
          faults={faults}
          pointer="/start"
        />
        <LimitFields draft={draft} onChange={change} faults={faults} />
        <PushFields draft={draft} onChange={change} faults={faults} />
        {create.error !== undefined && faults.length === 0 && (
          <p class="alert-text" role="alert">
            {create.error.message}.
          </p>
        )}
        <div class="form-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={create.isRunning}>
            Create
          </button>
        </div>
      </form>
    </Dialog>
  )
}

export interface DraftFieldsProps {
  readonly draft: SubscriptionDraft
  readonly onChange: (changes: Partial<SubscriptionDraft>) => void
  readonly faults: readonly Fault[]
}

function LimitFields({ draft, onChange, faults }: DraftFieldsProps) {
  return (
    <div class="form-pair">
      <Field
        label="Lease, in seconds"
        hint="Not acked within it: delivered again."
        fault={faultAt(faults, '/lease_ms')}
      >
        {(control) => (
          <input
            {...control}
            inputMode="decimal"
            value={draft.leaseSeconds}
            onInput={({ currentTarget }) => onChange({ leaseSeconds: currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Attempts" hint="After so many: a dead letter." fault={faultAt(faults, '/max_attempts')}>
        {(control) => (
          <input
            {...control}
            inputMode="numeric"
            value={draft.maxAttempts}
            onInput={({ currentTarget }) => onChange({ maxAttempts: currentTarget.value })}
          />
        )}
      </Field>
    </div>
  )
}

const nameMissing: Fault = { pointer: '/name', message: 'must be 1 to 128 letters, digits, -, _ and .' }

/** A name that is taken is a fault of the name. */
function faultsOf(error: ApiError | undefined): readonly Fault[] {
  if (error === undefined) return []
  if (error.code === 'subscription_exists') return [{ pointer: '/name', message: error.message }]
  return error.faults
}
