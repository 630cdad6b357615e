/** Several views of one thing, one of them in sight. Arrows move between them, as people who use the keyboard expect. */
import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'

export interface TabsProps<T extends string> {
  readonly label: string
  readonly tabs: readonly (readonly [value: T, text: string])[]
  readonly value: T
  readonly onChoose: (value: T) => void
  /** Of the chosen one. */
  readonly children: ComponentChildren
}

export function Tabs<T extends string>({ label, tabs, value, onChoose, children }: TabsProps<T>) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const move = (by: number): void => {
    const at = tabs.findIndex(([each]) => each === value)
    const next = tabs.at((at + by) % tabs.length)
    if (next === undefined) return
    onChoose(next[0])
    list.current?.querySelector<HTMLElement>(`#${CSS.escape(`${id}${next[0]}`)}`)?.focus()
  }
  return (
    <div class="tabs">
      <div
        ref={list}
        class="tab-list"
        role="tablist"
        aria-label={label}
        onKeyDown={(event) => {
          if (event.key === 'ArrowRight') move(1)
          else if (event.key === 'ArrowLeft') move(-1)
          else return
          event.preventDefault()
        }}
      >
        {tabs.map(([each, text]) => (
          <button
            key={each}
            id={`${id}${each}`}
            type="button"
            role="tab"
            aria-selected={each === value}
            aria-controls={`${id}panel`}
            tabIndex={each === value ? 0 : -1}
            onClick={() => onChoose(each)}
          >
            {text}
          </button>
        ))}
      </div>
      <div id={`${id}panel`} class="tab-panel" role="tabpanel" aria-labelledby={`${id}${value}`}>
        {children}
      </div>
    </div>
  )
}
