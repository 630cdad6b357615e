/** What a duplicate and a conflict are, and that duplicates are normal. */
import { rootUrl } from '../../state/location.ts'
import { CopyButton } from '../../ui/copy-button.tsx'

export function NoDuplicates() {
  const command = `curl ${new URL('publish', rootUrl).href} \\
  -H 'content-type: application/json' \\
  -d '{"topic": "logs.test", "event_id": "evt-1", "source": "my-laptop",
       "timestamp": "${new Date().toISOString().slice(0, 19)}Z", "payload": {"text": "hello"}}'`
  return (
    <section class="card explanation" aria-label="No duplicates yet">
      <h2>No duplicates yet</h2>
      <p>
        A <strong>duplicate</strong> is an event that arrives again with the same topic and event_id. That is normal: a
        publisher that got no answer sends again, and Sekali keeps the first copy and counts the rest. So a publisher
        may retry without thinking.
      </p>
      <p>
        A <strong>conflict</strong> is a duplicate whose timestamp, source or payload differs from what was stored
        first. The first copy stays, the other is set aside, and both are shown here side by side: two different events
        may have been given the same id.
      </p>
      <p>To see one, send this twice; change the text for a conflict:</p>
      <pre class="code-block">{command}</pre>
      <div>
        <CopyButton label="Copy command" text={command} />
      </div>
    </section>
  )
}
