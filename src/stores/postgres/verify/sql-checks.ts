/** What is checked of a PostgreSQL store, as queries that give one row for each problem. All of them see one snapshot. */
import { storeLimits } from '../../../core/event-store.ts'
import { onlyLane } from '../migrations.ts'

export interface SqlCheck {
  readonly name: string
  readonly unit: string
  /** One row: `n`, how many things are looked at. */
  readonly count: string
  /** Rows with a `text` for each problem. */
  readonly problems: readonly string[]
}

const head = `(SELECT * FROM lane_head WHERE lane = ${onlyLane}) AS head`
const records = ['duplicate', 'conflict'] as const

/** @param what in words. @param found @param expected expressions over `head`. */
function sum(what: string, found: string, expected: string): string {
  return `SELECT format('%s is %s, but must be %s', '${what}', ${found}, ${expected}) AS text FROM ${head} WHERE ${found} IS DISTINCT FROM ${expected}`
}

const counters: SqlCheck = {
  name: 'counters',
  unit: 'sums',
  count: 'SELECT 9 AS n',
  problems: [
    `SELECT 'the counters are missing' AS text WHERE NOT EXISTS (SELECT FROM ${head})`,
    sum('received', 'received', 'unique_processed + duplicate_dropped'),
    sum('unique_processed', 'unique_processed', `(SELECT count(*) FROM event WHERE lane = ${onlyLane})`),
    ...(
      [
        ['unique_processed', 'events'],
        ['duplicate_dropped', 'duplicates'],
        ['conflicts', 'conflicts'],
      ] as const
    ).map(([column, summed]) =>
      sum(column, column, `(SELECT coalesce(sum(${summed}), 0)::bigint FROM topic WHERE lane = ${onlyLane})`),
    ),
    sum('next_seq', 'next_seq', `(SELECT coalesce(max(seq), 0) + 1 FROM event WHERE lane = ${onlyLane})`),
    sum('conflict_rows', 'conflict_rows', `(SELECT count(*) FROM conflict WHERE lane = ${onlyLane})`),
    sum(
      'conflict_bytes',
      'conflict_bytes',
      `(SELECT coalesce(sum(octet_length("timestamp") + octet_length(payload)), 0)::bigint FROM conflict WHERE lane = ${onlyLane})`,
    ),
  ],
}

const events: SqlCheck = {
  name: 'events',
  unit: 'events',
  // The hash is for nothing but reading every payload, wherever it is kept.
  count: `SELECT count(*) AS n, sum(hashtext(payload)::bigint) AS read FROM event WHERE lane = ${onlyLane}`,
  problems: [
    `SELECT format(CASE WHEN last = first THEN 'event %s is missing' ELSE 'events %s to %s are missing' END, first, last) AS text FROM (
       SELECT lag(seq, 1, 0::bigint) OVER (ORDER BY seq) + 1 AS first, seq - 1 AS last FROM event WHERE lane = ${onlyLane}
     ) AS gap WHERE last >= first`,
  ],
}

const topics: SqlCheck = {
  name: 'topics',
  unit: 'topics',
  count: `SELECT count(*) AS n FROM topic WHERE lane = ${onlyLane}`,
  problems: [
    `SELECT format('topic %s counts %s events up to seq %s, but has %s up to %s', coalesce(t.name, e.topic),
         coalesce(t.events, 0), coalesce(t.last_seq, 0), coalesce(e.n, 0), coalesce(e.last_seq, 0)) AS text
     FROM (SELECT * FROM topic WHERE lane = ${onlyLane}) AS t
     FULL JOIN (SELECT topic, count(*) AS n, max(seq) AS last_seq FROM event WHERE lane = ${onlyLane} GROUP BY topic) AS e
       ON e.topic = t.name
     WHERE t.events IS DISTINCT FROM e.n AND coalesce(t.events, 0) <> coalesce(e.n, 0)
       OR coalesce(t.last_seq, 0) <> coalesce(e.last_seq, 0)`,
    `SELECT format('topic %s has more conflicts than duplicates', name) AS text FROM topic
     WHERE lane = ${onlyLane} AND conflicts > duplicates`,
  ],
}

const duplicates: SqlCheck = {
  name: 'duplicates',
  unit: 'records',
  count: `SELECT (SELECT count(*) FROM duplicate WHERE lane = ${onlyLane}) + (SELECT count(*) FROM conflict WHERE lane = ${onlyLane}) AS n`,
  problems: [
    `SELECT format('%s duplicates are on record, but %s were counted', n, duplicate_dropped - conflicts) AS text
     FROM ${head}, (SELECT count(*) AS n FROM duplicate WHERE lane = ${onlyLane}) AS kept
     WHERE duplicate_dropped <= ${storeLimits.maxDuplicateRecords} AND n <> duplicate_dropped - conflicts`,
    ...records.map(
      (table) => `SELECT format('${table} %s has a number that was not given', id) AS text FROM ${table} AS d, ${head}
         WHERE d.lane = ${onlyLane} AND (id < 1 OR id > duplicate_dropped)`,
    ),
    ...records.map(
      (table) => `SELECT format('${table} %s is of event %s, which %s', d.id, d.seq,
           CASE WHEN e.seq IS NULL THEN 'is not stored' ELSE 'is another' END) AS text
         FROM ${table} AS d LEFT JOIN event AS e ON e.lane = d.lane AND e.seq = d.seq
         WHERE d.lane = ${onlyLane} AND (e.topic, e.event_id) IS DISTINCT FROM (d.topic, d.event_id)`,
    ),
  ],
}

const subscriptions: SqlCheck = {
  name: 'subscriptions',
  unit: 'subscriptions',
  count: `SELECT count(*) AS n FROM subscription WHERE lane = ${onlyLane}`,
  problems: [
    `SELECT format('subscription %s stands at seq %s, but the log ends at %s', name, cursor, next_seq - 1) AS text
     FROM subscription AS s, ${head} WHERE s.lane = ${onlyLane} AND (cursor < 0 OR cursor >= next_seq)`,
    `SELECT format('subscription %s has handed out seq %s, and stands at %s', s.name, max(d.seq), s.cursor) AS text
     FROM subscription AS s JOIN delivery AS d ON d.lane = s.lane AND d.subscription_id = s.id
     WHERE s.lane = ${onlyLane} GROUP BY s.id, s.name, s.cursor HAVING max(d.seq) > s.cursor`,
    ...(['dead_letters', 'late_acks'] as const).map(
      (
        column,
      ) => `SELECT format('subscription %s counts %s ${column.replace('_', ' ')}, but has %s', name, ${column}, n) AS text
         FROM (SELECT s.name, s.${column}, (SELECT count(*) FROM ${column.slice(0, -1)} AS d
           WHERE d.lane = s.lane AND d.subscription_id = s.id) AS n FROM subscription AS s WHERE s.lane = ${onlyLane}) AS counted
         WHERE ${column} <> n`,
    ),
    ...(['delivery', 'late_ack', 'dead_letter'] as const).map(
      (
        table,
      ) => `SELECT format('${table} %s of subscription number %s is of %s that there is not', d.seq, d.subscription_id,
           CASE WHEN e.seq IS NULL THEN 'an event' ELSE 'a subscription' END) AS text
         FROM ${table} AS d LEFT JOIN event AS e ON e.lane = d.lane AND e.seq = d.seq
         LEFT JOIN subscription AS s ON s.lane = d.lane AND s.id = d.subscription_id
         WHERE d.lane = ${onlyLane} AND (e.seq IS NULL OR s.id IS NULL)`,
    ),
  ],
}

export const sqlChecks: readonly SqlCheck[] = [events, counters, topics, duplicates, subscriptions]
