/** Topics as a table; the heading of a column sorts by it. */
import type { RateSeriesAnswer, TopicAnswer } from '../../../../src/http/wire-types.ts'
import { count, percent } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { Sparkline } from '../../ui/chart/sparkline.tsx'
import { Time } from '../../ui/time.tsx'
import { SortHead } from './sort-head.tsx'
import type { TopicsView } from './topic-list.ts'

export interface TopicTableProps {
  readonly topics: readonly TopicAnswer[]
  readonly view: TopicsView
  readonly series: readonly RateSeriesAnswer[]
  /** The range of the small charts: "last hour". */
  readonly words: string
}

export function TopicTable({ topics, view, series, words }: TopicTableProps) {
  const recent = new Map(series.map((each) => [each.name, each]))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="table-scroll" tabIndex={0} aria-label="Topics">
      <table class="table">
        <thead>
          <tr>
            <SortHead column="topic" text="Topic" view={view} />
            <th scope="col" class="roomy">
              Received, {words}
            </th>
            <SortHead column="events" text="Events" view={view} isNumber />
            <SortHead column="duplicates" text="Duplicates" view={view} isNumber />
            <SortHead column="share" text="%" view={view} isNumber />
            <SortHead column="conflicts" text="Conflicts" view={view} isNumber />
            <SortHead column="first" text="First seen" view={view} />
            <SortHead column="last" text="Last seen" view={view} />
            <th scope="col">
              <span class="visually-hidden">Live</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {topics.map((topic) => (
            <Row key={topic.topic} {...topic} recent={recent.get(topic.topic)} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Row(row: TopicAnswer & { readonly recent: RateSeriesAnswer | undefined }) {
  const { topic, events, duplicates, conflicts, first_seen_at, last_seen_at, recent } = row
  return (
    <tr>
      <td class="wide topic-cell">
        <a href={hrefTo(['events'], { topic })} title={topic}>
          {topic}
        </a>
      </td>
      <td class="roomy">
        <Sparkline
          label={`${topic}, received lately`}
          stored={recent?.unique ?? []}
          duplicates={recent?.duplicates ?? []}
        />
      </td>
      <td class="number">{count(events)}</td>
      <td class="number">
        {duplicates === 0 ? (
          <span class="quiet">0</span>
        ) : (
          <a href={hrefTo(['duplicates'], { topic })}>{count(duplicates)}</a>
        )}
      </td>
      <td class="number quiet">{percent(duplicates, events + duplicates)}</td>
      <td class="number">
        {conflicts === 0 ? (
          <span class="quiet">0</span>
        ) : (
          <a class="alert-text" href={hrefTo(['duplicates'], { topic, conflict: 'true' })}>
            {count(conflicts)}
          </a>
        )}
      </td>
      <td>
        <Time at={first_seen_at} />
      </td>
      <td>
        <Time at={last_seen_at} />
      </td>
      <td>
        <a class="small" href={hrefTo(['events'], { topic, live: 'true' })} aria-label={`Live tail of ${topic}`}>
          Live
        </a>
      </td>
    </tr>
  )
}
