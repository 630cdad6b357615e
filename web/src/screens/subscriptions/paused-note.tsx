/** Push waits for somebody to look: why, and the way on. */
import { useAction } from '../../api/action.ts'
import { send } from '../../api/client.ts'
import { announce } from '../../ui/announce.ts'
import { subscriptionPath } from './subscription-detail.tsx'

export interface PausedNoteProps {
  readonly name: string
  readonly reason: string
  readonly onResumed: () => void
}

export function PausedNote({ name, reason, onResumed }: PausedNoteProps) {
  const resume = useAction(async () => {
    await send('POST', subscriptionPath(name, '/resume'))
    announce('Push resumed')
    onResumed()
  })
  return (
    <div class="note" role="status">
      <strong>Push is paused:</strong> {reason}. Nothing is lost: events wait here until it is resumed.{' '}
      <button type="button" class="button small" disabled={resume.isRunning} onClick={() => resume.run()}>
        Resume push
      </button>
      {resume.error !== undefined && <p class="alert-text">It could not be resumed: {resume.error.message}.</p>}
    </div>
  )
}
