/** Where a subscription pushes to, and the secret that signs it. */
import { CopyButton } from '../../ui/copy-button.tsx'
import { Field } from '../../ui/field.tsx'
import type { DraftFieldsProps } from './create-dialog.tsx'
import { faultAt } from './new-subscription.ts'

export function PushFields({ draft, onChange, faults }: DraftFieldsProps) {
  return (
    <>
      <Field
        label="Push to (optional)"
        hint="Batches are posted to this URL, and 2xx acks them. Empty: workers pull."
        fault={faultAt(faults, '/push/url')}
      >
        {(control) => (
          <input
            {...control}
            type="url"
            placeholder="https://"
            spellcheck={false}
            value={draft.pushUrl}
            onInput={({ currentTarget }) => onChange({ pushUrl: currentTarget.value })}
          />
        )}
      </Field>
      {draft.pushUrl.trim() !== '' && (
        <Field
          label="Secret"
          hint="Signs every request (Standard Webhooks). Copy it now: it is never shown again."
          fault={faultAt(faults, '/push/secret')}
        >
          {(control) => (
            <div class="secret-field">
              <input
                {...control}
                class="field mono"
                autoComplete="off"
                spellcheck={false}
                placeholder="whsec_…"
                value={draft.pushSecret}
                onInput={({ currentTarget }) => onChange({ pushSecret: currentTarget.value })}
              />
              <button type="button" class="button" onClick={() => onChange({ pushSecret: newSecret() })}>
                Generate
              </button>
              <CopyButton label="Copy" text={draft.pushSecret} />
            </div>
          )}
        </Field>
      )}
    </>
  )
}

const secretBytes = 32

function newSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(secretBytes))))}`
}
