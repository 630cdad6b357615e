/** A part of a screen with a heading of its own. */
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

export interface CardProps {
  readonly title: ComponentChildren
  readonly actions?: ComponentChildren
  /** Without the padding: for tables and charts that reach the edges. */
  readonly edge?: true
  readonly children: ComponentChildren
}

export function Card({ title, actions, edge, children }: CardProps) {
  const id = useId()
  return (
    <section class="card" aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        <span class="spacer" />
        {actions}
      </header>
      <div class={edge ? undefined : 'card-body'}>{children}</div>
    </section>
  )
}
