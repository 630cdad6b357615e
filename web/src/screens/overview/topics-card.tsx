/** The topics of the moment, each with its recent past; from here one goes to its events and its duplicates. */
import type { TopicAnswer } from '../../../../src/http/wire-types.ts'
import { count, percent } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { Card } from '../../ui/card.tsx'
import { Sparkline } from '../../ui/chart/sparkline.tsx'
import { Time } from '../../ui/time.tsx'
import type { RecentTopic } from './recent-topics.ts'

export interface TopicsCardProps {
  /** Undefined while none is known: their place is kept. */
  readonly topics: readonly RecentTopic[] | undefined
  /** All there are, beyond those shown. */
  readonly total: number
  /** The range of the numbers: "last hour". */
  readonly words: string
}

export function TopicsCard({ topics, total, words }: TopicsCardProps) {
  return (
    <Card title="Topics" edge actions={<a href={hrefTo(['topics'])}>All {count(total)}</a>}>
      <div class={topics === undefined ? 'table-scroll topics-to-come' : 'table-scroll'}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Topic</th>
              <th scope="col" class="roomy">
                Received, {words}
              </th>
              <th scope="col" class="number">
                Stored
              </th>
              <th scope="col" class="number">
                Duplicates
              </th>
              <th scope="col" class="number">
                %
              </th>
              <th scope="col">Last seen</th>
            </tr>
          </thead>
          <tbody>
            {topics?.map((topic) => (
              <Row key={topic.name} {...topic} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}

function Row({ name, stored, duplicates, storedCount, duplicateCount, topic }: RecentTopic) {
  return (
    <tr>
      <td class="wide topic-name">
        <a href={hrefTo(['events'], { topic: name })} title={name}>
          {name}
        </a>
        {hasConflicts(topic) && (
          <a class="badge alert" href={hrefTo(['duplicates'], { topic: name, conflict: 'true' })}>
            {count(topic.conflicts)} {topic.conflicts === 1 ? 'conflict' : 'conflicts'}
          </a>
        )}
      </td>
      <td class="roomy">
        <Sparkline
          label={`${name}: ${count(storedCount)} stored, ${count(duplicateCount)} duplicates`}
          stored={stored}
          duplicates={duplicates}
        />
      </td>
      <td class="number">{count(storedCount)}</td>
      <td class="number">
        {duplicateCount === 0 ? (
          <span class="quiet">0</span>
        ) : (
          <a href={hrefTo(['duplicates'], { topic: name })}>{count(duplicateCount)}</a>
        )}
      </td>
      <td class="number quiet">{percent(duplicateCount, storedCount + duplicateCount)}</td>
      <td>{topic !== undefined && <Time at={topic.last_seen_at} />}</td>
    </tr>
  )
}

function hasConflicts(topic: TopicAnswer | undefined): topic is TopicAnswer {
  return topic !== undefined && topic.conflicts > 0
}
