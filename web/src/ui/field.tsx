/** A labelled control, what it is for, and what is wrong with it. */
import './field.css'
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

/** What the control itself takes over. */
export interface FieldControlProps {
  readonly id: string
  readonly class: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': boolean | undefined
}

export interface FieldProps {
  readonly label: string
  readonly hint?: ComponentChildren
  readonly fault?: string | undefined
  readonly children: (control: FieldControlProps) => ComponentChildren
}

export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId()
  const describing = [hint !== undefined && `${id}-hint`, fault !== undefined && `${id}-fault`].filter(Boolean)
  return (
    <div class="form-field">
      <label for={id}>{label}</label>
      {children({
        id,
        class: 'field',
        'aria-describedby': describing.length > 0 ? describing.join(' ') : undefined,
        'aria-invalid': fault === undefined ? undefined : true,
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} class="quiet small">
          {hint}
        </p>
      )}
      {fault !== undefined && (
        <p id={`${id}-fault`} class="alert-text small">
          {fault}
        </p>
      )}
    </div>
  )
}
