/** A dialog of the browser's own: it keeps the focus, Esc closes it, the focus goes back to where it was. */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

export interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    element.current?.showModal()
    // Into the form, if there is one: the browser would choose the button that closes it.
    element.current?.querySelector<HTMLElement>('.card-body :is(input, select, textarea)')?.focus()
  }, [])
  return (
    <dialog ref={element} aria-labelledby={id} onClose={onClose} style={{ maxWidth: 'min(640px, 92vw)' }}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        <span class="spacer" />
        <button type="button" class="button quiet small" onClick={() => element.current?.close()}>
          Close
        </button>
      </header>
      <div class="card-body">{children}</div>
    </dialog>
  )
}
