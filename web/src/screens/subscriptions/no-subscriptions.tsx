/** What a subscription is, and how to make the first one. */
import { rootUrl } from '../../state/location.ts'
import { CopyButton } from '../../ui/copy-button.tsx'

export function NoSubscriptions() {
  const command = `curl -X PUT ${new URL('subscriptions/billing', rootUrl).href} \\
  -H 'content-type: application/json' \\
  -d '{"topics": ["orders.>"], "start": "earliest"}'`
  return (
    <section class="card explanation" aria-label="No subscriptions yet">
      <h2>No subscriptions yet</h2>
      <p>
        A subscription is a named place in the log. Workers pull its events, or have them pushed to a URL, and ack each
        one when its work is done; what is not acked in time is delivered again. The place survives restarts, and
        several workers can share it.
      </p>
      <p>This one gets every event of topics that begin with “orders.”, from the first on:</p>
      <pre class="code-block">{command}</pre>
      <div>
        <CopyButton label="Copy command" text={command} />
      </div>
    </section>
  )
}
