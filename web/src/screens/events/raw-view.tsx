/** The same question as NDJSON text: for the browser's find, for copying, and to take away. */
import { useState } from 'preact/hooks'
import { useAction } from '../../api/action.ts'
import { useResource } from '../../api/resource.ts'
import { count } from '../../state/format.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorNote, Loading } from '../../ui/notes.tsx'
import { saveText } from '../../ui/save-text.ts'
import { fileLimits, readNdjson, shownLimits } from './event-export.ts'
import { type EventsView, questionOf, viewKey } from './events-view.ts'

export function RawView({ view }: { readonly view: EventsView }) {
  const { order } = view
  const { found, error, reload } = useResource(viewKey(view), (signal) =>
    readNdjson({ question: questionOf(view, Date.now()), order, limits: shownLimits }, signal),
  )
  if (error !== undefined) return <ErrorNote what="The events" error={error} onRetry={reload} />
  if (found === undefined) return <Loading />
  return (
    <section class="card raw-view" aria-label="Events as NDJSON">
      <header class="card-head">
        <span class="small quiet">
          {found.isCut ? `The first ${count(found.events)} events` : `${count(found.events)} events`}, one a line, as
          they would be published. The browser’s own find works here.
        </span>
        <span class="spacer" />
        <CopyButton label="Copy" text={found.text} />
        <Download view={view} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre class="raw-text" tabIndex={0}>
        {found.text}
      </pre>
    </section>
  )
}

function Download({ view }: { readonly view: EventsView }) {
  const [progress, setProgress] = useState(0)
  const [note, setNote] = useState('')
  const download = useAction(async () => {
    setProgress(0)
    const options = { question: questionOf(view, Date.now()), order: view.order, limits: fileLimits }
    const { text, events, isCut } = await readNdjson(
      { ...options, onProgress: setProgress },
      new AbortController().signal,
    )
    saveText('events.ndjson', 'application/x-ndjson', text)
    setNote(isCut ? `The file has the first ${count(events)} events: for more, narrow the range.` : '')
  })
  return (
    <>
      {download.error !== undefined && <span class="small alert-text">{download.error.message}</span>}
      {note !== '' && <span class="small">{note}</span>}
      <button type="button" class="button small" disabled={download.isRunning} onClick={() => download.run()}>
        {download.isRunning ? `${count(progress)} events…` : 'Download all'}
      </button>
    </>
  )
}
