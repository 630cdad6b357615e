/** How a subscription is set, and how its events are fetched. */
import type { SubscriptionAnswer } from '../../../../src/http/wire-types.ts'
import { count } from '../../state/format.ts'
import { rootUrl } from '../../state/location.ts'
import { duration } from '../../state/time.ts'
import { Card } from '../../ui/card.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Time } from '../../ui/time.tsx'
import { subscriptionPath } from './subscription-detail.tsx'
import { startWords } from './subscription-words.ts'

export function SubscriptionSettings({ subscription }: { readonly subscription: SubscriptionAnswer }) {
  const { name, topics, start, lease_ms, max_attempts, push, created_at } = subscription
  return (
    <Card title="Settings">
      <dl class="settings">
        <dt>Topics</dt>
        <dd>
          <ul class="topic-patterns mono">
            {topics.map((topic) => (
              <li key={topic}>{topic}</li>
            ))}
          </ul>
        </dd>
        <dt>Started at</dt>
        <dd>{startWords(start)}</dd>
        <dt>Created</dt>
        <dd>
          <Time at={created_at} />
        </dd>
        <dt>Lease</dt>
        <dd>{duration(lease_ms)}; what is not acked within it is delivered again</dd>
        <dt>Attempts</dt>
        <dd>{count(max_attempts)}, then it is a dead letter</dd>
        <dt>Delivery</dt>
        <dd>
          {push === null ? (
            'pulled by workers'
          ) : (
            <>
              pushed to <code class="breakable">{push.url}</code>, signed,{' '}
              {push.concurrency === 1 ? 'one request at a time' : `up to ${push.concurrency} requests at a time`}
            </>
          )}
        </dd>
      </dl>
      {push === null && <PullExample name={name} />}
    </Card>
  )
}

function PullExample({ name }: { readonly name: string }) {
  const command = `curl -X POST ${new URL(subscriptionPath(name, '/pull'), rootUrl).href} \\
  -H 'content-type: application/json' -d '{"max": 10, "wait_ms": 20000}'`
  return (
    <details class="pull-example">
      <summary>How a worker pulls</summary>
      <pre class="code-block">{command}</pre>
      <p class="quiet small">
        Each delivery has a lease. When the work is done, post the leases to …/ack. This command leases events: they
        stay in flight until they are acked or the lease is over.
      </p>
      <CopyButton label="Copy command" text={command} />
    </details>
  )
}
