/** What a reader does with the list: moves through it, opens rows, follows, pauses, finds. By keys and by hand. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { useKeys } from '../../state/keys.ts'
import { amend, go, hrefTo, hrefWith, place } from '../../state/location.ts'
import { copyAloud } from '../../ui/copy-button.tsx'
import type { ScrollTarget } from './event-grid.tsx'
import type { EventList } from './event-list.ts'
import { type EventsView, eventsViewOf, openValue } from './events-view.ts'
import { frozenHref } from './list-actions.tsx'
import type { ListRow } from './list-row.ts'
import { type Find, useFind } from './use-find.ts'

export interface ListControl {
  /** Seq of the row that keys act on. */
  readonly current: number | undefined
  readonly target: ScrollTarget | undefined
  readonly find: Find
  open(row: ListRow): void
  close(): void
  /** @param by how many rows, downwards. */
  move(by: number): void
  resume(): void
  toggleLive(): void
  scrolled(isAtTop: boolean): void
}

export function useListControl(view: EventsView, list: EventList | undefined): ListControl {
  const [current, setShownCurrent] = useState<number>()
  // Keys come faster than paintings.
  const latest = useRef<number>(undefined)
  const setCurrent = (seq: number | undefined): void => {
    latest.current = seq
    setShownCurrent(seq)
  }
  const [target, setTarget] = useState<ScrollTarget>()
  usePauses(view, list)
  const find = useFind(list, `${list?.length} ${list?.at(0)?.seq}`, (index) => {
    if (index > 0) list?.setPause('scroll')
    setCurrent(list?.at(index)?.seq)
    setTarget({ index })
  })

  const open = (row: ListRow): void => {
    setCurrent(row.seq)
    go(hrefWith({ open: openValue(row) }))
  }
  const close = (): void => {
    go(hrefWith({ open: undefined, tab: undefined }))
    document.querySelector<HTMLElement>('.event-grid')?.focus({ preventScroll: true })
  }
  const move = (by: number): void => {
    if (list === undefined) return
    const opened = eventsViewOf(place.value.query).open
    const at = placeOf(list, ({ seq, topic, eventId }) =>
      opened === undefined ? seq === latest.current : topic === opened.topic && eventId === opened.eventId,
    )
    const index = at === undefined ? 0 : Math.min(list.length - 1, Math.max(0, at + by))
    const row = list.at(index)
    if (row === undefined) return
    list.setPause('row')
    setCurrent(row.seq)
    setTarget({ index })
    // A step from event to event is none that Back should undo one by one.
    if (opened !== undefined) amend(hrefWith({ open: openValue(row) }))
  }
  const resume = (): void => {
    window.getSelection()?.removeAllRanges()
    list?.resume()
    setCurrent(undefined)
    setTarget({ index: 0 })
  }
  const toggleLive = (): void =>
    go(hrefWith(view.isLive ? { live: undefined } : { live: 'true', to: undefined, order: undefined, view: undefined }))
  const scrolled = (isAtTop: boolean): void => {
    if (!isAtTop) list?.setPause('scroll')
    else if (list?.pause === 'scroll') list.resume()
  }
  const control = { current, target, find, open, close, move, resume, toggleLive, scrolled }
  useListKeys(view, list, { ...control, currentSeq: () => latest.current })
  return control
}

/** Whoever reads must not lose the place. */
function usePauses({ isLive, open }: EventsView, list: EventList | undefined): void {
  const isOpen = open !== undefined
  useEffect(() => {
    if (isLive && isOpen) list?.setPause('row')
  }, [isLive, isOpen, list, list?.tailState])
  useEffect(() => {
    if (!isLive || list === undefined) return
    const look = (): void => {
      const selection = window.getSelection()
      if (selection === null || selection.isCollapsed) return
      const grid = document.querySelector('.event-grid')
      if (grid?.contains(selection.anchorNode)) list.setPause('selection')
    }
    document.addEventListener('selectionchange', look)
    return () => document.removeEventListener('selectionchange', look)
  }, [isLive, list])
}

interface KeyControl extends ListControl {
  currentSeq(): number | undefined
}

function useListKeys(view: EventsView, list: EventList | undefined, control: KeyControl): void {
  const { currentSeq, find, open, close, move, resume, toggleLive } = control
  const row = (): ListRow | undefined => {
    const at = list === undefined ? undefined : placeOf(list, ({ seq }) => seq === currentSeq())
    return at === undefined ? undefined : list?.at(at)
  }
  const named = () => eventsViewOf(place.value.query).open ?? row()
  useKeys('Events', [
    { keys: 'L', label: 'Live on and off', run: toggleLive },
    { keys: 'l', label: '', run: toggleLive },
    {
      keys: ' ',
      label: 'Pause and resume',
      run: () => {
        if (!view.isLive || list === undefined || isOnControl()) return false
        if (list.pause === undefined) list.setPause('hand')
        else resume()
        return true
      },
    },
    { keys: 'End', label: 'Resume with the newest', run: () => (view.isLive ? resume() : false) },
    { keys: 'j', label: 'Next event', run: () => move(1) },
    { keys: 'k', label: 'Event before', run: () => move(-1) },
    { keys: 'ArrowDown', label: '', run: () => (isOnGrid() ? move(1) : false) },
    { keys: 'ArrowUp', label: '', run: () => (isOnGrid() ? move(-1) : false) },
    {
      keys: 'Enter',
      label: 'Open the event',
      run: () => {
        const chosen = row()
        if (chosen === undefined || isOnControl()) return false
        open(chosen)
        return true
      },
    },
    {
      keys: 'Escape',
      label: 'Close the event, or the find bar',
      run: () => (view.open !== undefined ? close() : find.isOpen ? find.close() : false),
    },
    {
      keys: 'c',
      label: 'Copy the event id',
      run: () => {
        const event = named()
        if (event === undefined) return false
        void copyAloud(event.eventId, 'Event id')
        return true
      },
    },
    {
      keys: 'y',
      label: 'Copy a link to the event, or to this view',
      run: () => {
        const event = named()
        void copyAloud(event === undefined ? frozenHref(view) : hrefTo(['events', event.topic, event.eventId]), 'Link')
      },
    },
  ])
}

function placeOf(list: EventList, isIt: (row: ListRow) => boolean): number | undefined {
  for (const [index, row] of list.loaded()) if (isIt(row)) return index
  return undefined
}

/** Space and Enter on a control are the control's. */
function isOnControl(): boolean {
  return document.activeElement?.closest('button, a, summary, label, [role="tab"]') != null
}

function isOnGrid(): boolean {
  return document.activeElement?.classList.contains('event-grid') === true
}
