/** Which rows of a long list are in view: only they are in the document. */
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

export const rowHeightPx = 28
const overscanRows = 12
/** The head of the table, which stays in view. */
const headHeightPx = 30

export interface RowWindow {
  readonly items: readonly VirtualItem[]
  readonly heightPx: number
  scrollTo(index: number): void
}

/** @param scroller the element that scrolls, once it is there. */
export function useWindow(count: number, scroller: HTMLElement | null): RowWindow {
  const [, setRound] = useState(0)
  const virtualizer = useRef<Virtualizer<HTMLElement, HTMLElement> | undefined>(undefined)
  const options = {
    count,
    getScrollElement: () => scroller,
    estimateSize: () => rowHeightPx,
    overscan: overscanRows,
    scrollPaddingEnd: headHeightPx + rowHeightPx,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => setRound((before) => before + 1),
  }
  virtualizer.current ??= new Virtualizer<HTMLElement, HTMLElement>(options)
  const current = virtualizer.current
  current.setOptions(options)
  useLayoutEffect(() => current._didMount(), [])
  useLayoutEffect(() => current._willUpdate())
  return {
    items: current.getVirtualItems(),
    heightPx: current.getTotalSize(),
    scrollTo: (index) => current.scrollToIndex(index, { align: 'auto' }),
  }
}
