/** Asks for the name before something that cannot be undone. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Action } from '../../api/action.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'

export interface NamedDialogProps {
  readonly title: string
  /** What must be typed. */
  readonly name: string
  /** What the button says. */
  readonly verb: string
  readonly action: Action<readonly []>
  readonly onClose: () => void
  /** What will happen. */
  readonly children: ComponentChildren
}

export function NamedDialog({ title, name, verb, action, onClose, children }: NamedDialogProps) {
  const [typed, setTyped] = useState('')
  const { error } = action
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (typed === name) action.run()
        }}
      >
        {children}
        <Field label={`Type “${name}” to confirm`}>
          {(control) => (
            <input
              {...control}
              autoComplete="off"
              spellcheck={false}
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          )}
        </Field>
        {error !== undefined && error.faults.length === 0 && (
          <p class="alert-text" role="alert">
            {error.message}.
          </p>
        )}
        <div class="form-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={typed !== name || action.isRunning}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
