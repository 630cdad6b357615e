/** The frame of a screen: its heading, what can be done, and its title in the browser. */
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'

export interface ScreenProps {
  readonly title: string
  /** Beside the heading, at the right. */
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

export function Screen({ title, actions, children }: ScreenProps) {
  useEffect(() => {
    document.title = `${title} · Sekali`
  }, [title])
  return (
    <div class="screen">
      <header class="screen-head">
        <h1>{title}</h1>
        <span class="spacer" />
        {actions}
      </header>
      {children}
    </div>
  )
}
