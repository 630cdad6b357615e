/** What the rows were summed up from. */
import { Time } from '../../ui/time.tsx'
import { type Window, windowWords } from './duplicate-words.ts'

export function WindowNote({ window }: { readonly window: Window }) {
  return (
    <p class="window-note quiet small">
      {windowWords(window)}{' '}
      {window.since !== null && (
        <>
          <Time at={window.since} />.{!window.complete && ' Older ones are in the counters, and on record by event.'}
        </>
      )}
    </p>
  )
}
