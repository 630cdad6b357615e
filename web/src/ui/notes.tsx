/** What is shown where there is nothing to show. */
import type { ComponentChildren } from 'preact'
import type { ApiError } from '../api/client.ts'

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class="empty">{children}</div>
}

export function Loading() {
  return (
    <div class="empty loading" role="status">
      Loading…
    </div>
  )
}

export interface ErrorNoteProps {
  /** What could not be shown: "The topics". */
  readonly what: string
  readonly error: ApiError
  readonly onRetry: () => void
}

/** Says what happened and what to do; what was shown before may stay beside it. */
export function ErrorNote({ what, error, onRetry }: ErrorNoteProps) {
  return (
    <div class="note" role="alert">
      <strong>{what} could not be loaded:</strong> {error.message}.{' '}
      {error.requestId !== undefined && <span class="quiet small">Request {error.requestId}. </span>}
      <button type="button" class="button small" onClick={onRetry}>
        Try again
      </button>
    </div>
  )
}
