/** Why a live list stands still: whoever reads must not lose the place. */
import { useEffect, useState } from 'preact/hooks'

export interface Pause {
  readonly isPaused: boolean
  /** For people. */
  readonly why: string
  toggle(): void
  clear(): void
}

export interface PauseCauses {
  readonly isAtTop: boolean
  readonly isRowOpen: boolean
}

export function usePause({ isAtTop, isRowOpen }: PauseCauses): Pause {
  const [isAsked, setAsked] = useState(false)
  const [isSelecting, setSelecting] = useState(false)
  useEffect(() => {
    const look = (): void => {
      const selection = window.getSelection()
      const grid = document.querySelector('.event-grid')
      setSelecting(selection?.isCollapsed === false && grid?.contains(selection.anchorNode) === true)
    }
    document.addEventListener('selectionchange', look)
    return () => document.removeEventListener('selectionchange', look)
  }, [])
  const why = isAsked
    ? ''
    : isRowOpen
      ? 'while an event is open'
      : isSelecting
        ? 'while text is selected'
        : isAtTop
          ? ''
          : 'while you look at older ones'
  return {
    isPaused: isAsked || isRowOpen || isSelecting || !isAtTop,
    why,
    toggle: () => setAsked((before) => !before),
    clear() {
      setAsked(false)
      window.getSelection()?.removeAllRanges()
    },
  }
}
