/** Find in the rows that are loaded: the browser's own find sees only the rows in view. Pressed again, it is the browser's. */
import { useEffect, useRef } from 'preact/hooks'
import { count } from '../../state/format.ts'
import { useKeys } from '../../state/keys.ts'
import type { Find } from './use-find.ts'

export interface FindBarProps {
  readonly find: Find
}

export function FindBar({ find }: FindBarProps) {
  const { isOpen, text, places, current, open, close, setText, step } = find
  const field = useRef<HTMLInputElement>(null)
  // Listed only: keys with Ctrl are not among those that the page handles.
  useKeys('Events', [{ keys: 'Ctrl F', label: 'Find in the loaded rows', run: () => false }])
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isFind = event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey)
      if (!isFind || event.shiftKey || event.altKey) return
      // Pressed again: the browser's own.
      if (field.current !== null && document.activeElement === field.current) return
      event.preventDefault()
      open()
      field.current?.focus()
      field.current?.select()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [open])
  useEffect(() => {
    if (isOpen) field.current?.focus()
  }, [isOpen])

  if (!isOpen) return null
  const hasNone = places.length === 0
  return (
    <search class="find-bar">
      <input
        ref={field}
        class="field"
        aria-label="Find in the loaded rows"
        placeholder="Find in the loaded rows"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close()
          else if (event.key === 'Enter') step(event.shiftKey ? -1 : 1)
          else return
          event.preventDefault()
        }}
      />
      <span class="find-count small quiet" role="status">
        {text === '' ? '' : hasNone ? 'Not found' : `${count(current + 1)} of ${count(places.length)}`}
      </span>
      <button type="button" class="button small" disabled={hasNone} onClick={() => step(-1)}>
        Previous
      </button>
      <button type="button" class="button small" disabled={hasNone} onClick={() => step(1)}>
        Next
      </button>
      <span class="small quiet find-note">
        Looks at what the loaded rows show. Ctrl F again: the browser’s own find.
      </span>
      <span class="spacer" />
      <button type="button" class="button quiet small" onClick={close}>
        Close <kbd>Esc</kbd>
      </button>
    </search>
  )
}
