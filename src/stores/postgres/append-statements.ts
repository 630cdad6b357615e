/**
 * The SQL of an append. Whole batches as arrays; see `event-writer.ts` for what happens in which order. Seqs and the ids of
 * duplicates are counted from the head that the transaction has locked, so that all of it can be sent before the head is known. Where a table is looked
 * into by key, `LATERAL (… LIMIT 1)` leaves the planner no other way: measured, it took a table that was new for an empty one,
 * and joined all of it with all keys until its statistics came.
 */
import type { Statement } from './connection.ts'
import { onlyLane } from './migrations.ts'

export const lockHead: Statement = {
  name: 'lock_head',
  text: `SELECT * FROM lane_head WHERE lane = ${onlyLane} FOR UPDATE`,
}

/** The first new seq, and the duplicates so far: of this transaction, and unknown to any other. */
const nextSeq = `(SELECT current_setting('sekali.next_seq')::bigint)`
const duplicatesBefore = `(SELECT current_setting('sekali.duplicates')::bigint)`

/**
 * What the transaction counts from; $1: how many events are new. Nothing comes back, and every statement that counts fails, when
 * they cannot be appended as things are, and also when there is no transaction.
 */
export const enterLane: Statement = {
  name: 'enter_lane',
  text: `
    SELECT set_config('sekali.next_seq', next_seq::text, true), set_config('sekali.duplicates', duplicate_dropped::text, true)
    FROM lane_head WHERE lane = ${onlyLane} AND NOT is_copying AND next_seq + $1::bigint <= partitioned_to`,
}

/** A seq that the statements below take: one that is stored, or, negative, one of the new ones. @param at from 0. */
export function newSeqAt(at: number): number {
  return -at - 1
}

/** @param next the first new seq. */
export function seqOf(seq: number, next: number): number {
  return seq < 0 ? next - seq - 1 : seq
}

/** `seqOf` in SQL. */
export function countedSeq(column: string): string {
  return `CASE WHEN ${column} < 0 THEN ${nextSeq} - ${column} - 1 ELSE ${column} END`
}

/** @param column counts from 1. */
export function countedDuplicate(column: string): string {
  return `${duplicatesBefore} + ${column}`
}

/** Keys → those that are taken, and by which seq. */
export const findKeys: Statement = {
  name: 'find_keys',
  text: `
    SELECT asked.n::int AS n, dedup.seq
    FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (key, n),
      LATERAL (SELECT seq FROM dedup WHERE lane = ${onlyLane} AND key = asked.key LIMIT 1) AS dedup`,
}

/** Events and the seqs of what their keys found → those that differ, and whether it is another pair altogether. */
export const compare: Statement = {
  name: 'compare',
  text: `
    SELECT asked.n::int AS n, (event.topic <> asked.topic OR event.event_id <> asked.event_id) AS is_other_pair
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
      WITH ORDINALITY AS asked (seq, topic, event_id, "timestamp", source, payload, n),
      LATERAL (SELECT * FROM event WHERE event.lane = ${onlyLane} AND event.seq = asked.seq LIMIT 1) AS event
    WHERE event.topic <> asked.topic OR event.event_id <> asked.event_id OR event."timestamp" <> asked."timestamp"
      OR event.source <> asked.source OR event.payload <> asked.payload`,
}

/** $1: how many new events come before, $2: when. */
export const insertEvents: Statement = {
  name: 'insert_events',
  text: `
    INSERT INTO event (lane, seq, processed_ms, topic, event_id, instant_ms, instant_head, instant_rest, "timestamp", source, payload)
    SELECT ${onlyLane}, ${nextSeq} + $1::bigint + n - 1, $2::bigint, topic, event_id, instant_ms, instant_head, instant_rest, "timestamp", source,
      payload
    FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
      WITH ORDINALITY AS new (topic, event_id, instant_ms, instant_head, instant_rest, "timestamp", source, payload, n)`,
}

export const insertKeys: Statement = {
  name: 'insert_keys',
  text: `
    INSERT INTO dedup (lane, key, seq)
    SELECT ${onlyLane}, key, ${countedSeq('seq')} FROM unnest($1::uuid[], $2::bigint[]) AS new (key, seq)`,
}

/** $1: when. */
export const countTopics: Statement = {
  name: 'count_topics',
  text: `
    INSERT INTO topic (lane, name, events, duplicates, conflicts, last_seq, first_seen_ms, last_seen_ms)
    SELECT ${onlyLane}, name, events, duplicates, conflicts, ${countedSeq('last_seq')}, $1::bigint, $1::bigint
    FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
      AS new (name, events, duplicates, conflicts, last_seq)
    ON CONFLICT (lane, name) DO UPDATE SET
      events = topic.events + excluded.events,
      duplicates = topic.duplicates + excluded.duplicates,
      conflicts = topic.conflicts + excluded.conflicts,
      last_seq = greatest(topic.last_seq, excluded.last_seq),
      last_seen_ms = excluded.last_seen_ms`,
}

export const updateHead: Statement = {
  name: 'update_head',
  text: `
    UPDATE lane_head SET next_seq = next_seq + $1::bigint, unique_processed = unique_processed + $1::bigint,
      received = received + $1::bigint + $2::bigint, duplicate_dropped = duplicate_dropped + $2::bigint,
      conflicts = conflicts + $3::bigint
    WHERE lane = ${onlyLane}`,
}

export const probeHead: Statement = {
  name: 'probe_head',
  text: `UPDATE lane_head SET probes = probes + 1 WHERE lane = ${onlyLane} RETURNING is_copying`,
}
