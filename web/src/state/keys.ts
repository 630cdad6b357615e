/** Keys for those who do not reach for the mouse. Off while typing; `g` waits for a second key. */
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

export interface KeyBinding {
  /** One key as `KeyboardEvent.key` names it, or `g` and another: `g e`. */
  readonly keys: string
  readonly label: string
  /** Left to others (the browser, a control) when it answers false. */
  run(event: KeyboardEvent): unknown
}

/** What the sheet of keys shows: groups in the order in which their screens appeared. */
export const boundKeys = signal<readonly { readonly group: string; readonly bindings: readonly KeyBinding[] }[]>([])

/** How long `g` waits. */
const prefixMs = 1500

/** Binds keys as long as a component is shown. Later ones win. */
export function useKeys(group: string, bindings: readonly KeyBinding[]): void {
  const latest = useRef(bindings)
  latest.current = bindings
  const names = JSON.stringify(bindings.map(({ keys, label }) => [keys, label]))
  useEffect(() => {
    const bound = {
      group,
      bindings: (JSON.parse(names) as [string, string][]).map(([keys, label], index) => ({
        keys,
        label,
        run: (event: KeyboardEvent) => latest.current[index]?.run(event),
      })),
    }
    boundKeys.value = [...boundKeys.value, bound]
    return () => {
      boundKeys.value = boundKeys.value.filter((each) => each !== bound)
    }
  }, [group, names])
}

/** Not 0: a page is younger than the wait at first. */
const never = Number.NEGATIVE_INFINITY
let prefixAtMs = never

window.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
  const isSecond = performance.now() - prefixAtMs < prefixMs
  prefixAtMs = never
  const keys = isSecond ? `g ${event.key}` : event.key
  for (const { bindings } of boundKeys.value.toReversed()) {
    const binding = bindings.find((each) => each.keys === keys)
    if (binding === undefined || binding.run(event) === false) continue
    event.preventDefault()
    return
  }
  if (event.key === 'g' && !isSecond) prefixAtMs = performance.now()
})

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable="true"]') !== null
}
