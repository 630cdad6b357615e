/** The loaded rows as NDJSON text: for the browser's find, for copying, and to take away. */
import { useMemo } from 'preact/hooks'
import { type EventRow, ndjsonLine } from '../../api/raw-events.ts'
import { count } from '../../state/format.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { saveText } from '../../ui/save-text.ts'

/** More text than this makes a browser slow; the file has all of it. */
const maxShownRows = 2000

export function RawView({ rows }: { readonly rows: readonly EventRow[] }) {
  const text = useMemo(() => rows.slice(0, maxShownRows).map(ndjsonLine).join('\n'), [rows])
  const all = (): string => `${rows.map(ndjsonLine).join('\n')}\n`
  return (
    <section class="card raw-view" aria-label="Events as NDJSON">
      <header class="card-head">
        <span class="small quiet">
          {count(rows.length)} loaded events, one a line, as they would be published.
          {rows.length > maxShownRows && ` The first ${count(maxShownRows)} are shown.`}
        </span>
        <span class="spacer" />
        <CopyButton label="Copy" text={all} />
        <button
          type="button"
          class="button small"
          onClick={() => saveText('events.ndjson', 'application/x-ndjson', all())}
        >
          Download
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre class="raw-text" tabIndex={0}>
        {text}
      </pre>
    </section>
  )
}
