/** What is sought in the loaded rows, and which of the matches is looked at. */
import { useCallback, useMemo, useState } from 'preact/hooks'
import type { EventList } from './event-list.ts'
import { matchingPlaces } from './find-rows.ts'

export interface Find {
  readonly isOpen: boolean
  readonly text: string
  /** Of the matching rows in the list. */
  readonly places: readonly number[]
  /** Which of them is looked at. */
  readonly current: number
  open(): void
  close(): void
  setText(text: string): void
  step(by: number): void
}

/** @param version of the list: another one is searched again. */
export function useFind(list: EventList | undefined, version: string, onPlace: (place: number) => void): Find {
  const [isOpen, setOpen] = useState(false)
  const [text, setSought] = useState('')
  const [at, setAt] = useState(0)
  const places = useMemo(
    () => (isOpen && text !== '' && list !== undefined ? matchingPlaces(list.loaded(), text) : []),
    [isOpen, text, version],
  )
  const current = places.length === 0 ? 0 : at % places.length
  const open = useCallback(() => setOpen(true), [])
  return {
    isOpen,
    text,
    places,
    current,
    open,
    close: () => {
      setOpen(false)
      setSought('')
    },
    setText: (sought) => {
      setSought(sought)
      setAt(0)
      const [first] = list === undefined || sought === '' ? [] : matchingPlaces(list.loaded(), sought)
      if (first !== undefined) onPlace(first)
    },
    step: (by) => {
      if (places.length === 0) return
      const next = (current + by + places.length) % places.length
      setAt(next)
      onPlace(places[next] ?? 0)
    },
  }
}
