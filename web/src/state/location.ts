/**
 * The one place for what is in the address bar. All view state lives there: links can be shared, Back undoes.
 * Paths are relative to the place where the page is served, which may be a sub-path.
 */
import { signal } from '@preact/signals'

export interface Place {
  /** Decoded path segments below the root: `[]` is the overview, `['events', 'logs.test', 'evt-1']` an event. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
}

/** The server writes a base element that leads to the root. Read once: it must not follow the address. */
export const rootUrl = new URL('.', document.baseURI)

export const place = signal<Place>(readPlace())

export type QueryValues = Readonly<Record<string, string | undefined>>

/** An absolute address inside the page. Empty and undefined values are left out. */
export function hrefTo(segments: readonly string[], query: QueryValues = {}): string {
  const url = new URL(segments.map(encodeURIComponent).join('/'), rootUrl)
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') url.searchParams.set(name, value)
  return url.href
}

/** The same screen with some values of its query changed; undefined removes one. */
export function hrefWith(changes: QueryValues): string {
  const { segments, query } = place.value
  return hrefTo(segments, { ...Object.fromEntries(query), ...changes })
}

/** A step that Back undoes. */
export function go(href: string): void {
  if (href === window.location.href) return
  history.pushState(null, '', href)
  place.value = readPlace()
}

/** A change that is no step of its own: typing in a search field. */
export function amend(href: string): void {
  history.replaceState(null, '', href)
  place.value = readPlace()
}

/** Follows Back, Forward and clicks on links into the page. */
export function startLocation(): void {
  document.querySelector('base')?.setAttribute('href', rootUrl.href)
  window.addEventListener('popstate', () => {
    place.value = readPlace()
  })
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || !isPlainClick(event) || !isOurs(link)) return
    event.preventDefault()
    go(link.href)
  })
}

function isPlainClick(event: MouseEvent): boolean {
  return (
    event.button === 0 &&
    !event.defaultPrevented &&
    !event.metaKey &&
    !event.ctrlKey &&
    !event.shiftKey &&
    !event.altKey
  )
}

/** Links marked `data-outside` lead to the server's other pages: /docs, /metrics, raw answers. */
function isOurs(link: HTMLAnchorElement): boolean {
  return (
    link.target === '' &&
    !link.hasAttribute('download') &&
    link.dataset.outside === undefined &&
    link.href.startsWith(rootUrl.href)
  )
}

function readPlace(): Place {
  const { pathname, search } = window.location
  const below = pathname.startsWith(rootUrl.pathname) ? pathname.slice(rootUrl.pathname.length) : ''
  return {
    segments: below
      .split('/')
      .filter((part) => part !== '')
      .map(decodeSegment),
    query: new URLSearchParams(search),
  }
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
