/** Find in the rows that are loaded: the browser's own find sees only the rows in view. Pressed again, it is the browser's. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { EventRow } from '../../api/raw-events.ts'
import { count } from '../../state/format.ts'
import { matchingRows } from './find-rows.ts'

export interface FindBarProps {
  readonly rows: readonly EventRow[]
  /** The row that was found; undefined for none. */
  readonly onFind: (row: EventRow | undefined) => void
}

export function FindBar({ rows, onFind }: FindBarProps) {
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const field = useRef<HTMLInputElement>(null)
  const matches = useMemo(() => (isOpen && text !== '' ? matchingRows(rows, text) : []), [isOpen, text, rows])
  const current = matches.length === 0 ? 0 : at % matches.length
  const found = matches[current]

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'f' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return
      // Pressed again: the browser's own.
      if (document.activeElement === field.current && field.current !== null) return
      event.preventDefault()
      setOpen(true)
      field.current?.focus()
      field.current?.select()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  useEffect(() => {
    if (isOpen) field.current?.focus()
  }, [isOpen])
  useEffect(() => onFind(found), [found])

  if (!isOpen) return null
  const close = (): void => {
    setOpen(false)
    setText('')
  }
  const step = (by: number): void => setAt((current + by + matches.length) % Math.max(1, matches.length))
  return (
    <search class="find-bar">
      <input
        ref={field}
        class="field"
        aria-label="Find in the loaded rows"
        placeholder="Find in the loaded rows"
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close()
          else if (event.key === 'Enter') step(event.shiftKey ? -1 : 1)
          else return
          event.preventDefault()
        }}
      />
      <span class="small quiet" role="status">
        {text === '' ? '' : matches.length === 0 ? 'Not found' : `${count(current + 1)} of ${count(matches.length)}`}
      </span>
      <button type="button" class="button small" disabled={matches.length === 0} onClick={() => step(-1)}>
        Previous
      </button>
      <button type="button" class="button small" disabled={matches.length === 0} onClick={() => step(1)}>
        Next
      </button>
      <span class="small quiet">Ctrl-F again: the browser’s own find</span>
      <span class="spacer" />
      <button type="button" class="button quiet small" onClick={close}>
        Close
      </button>
    </search>
  )
}
