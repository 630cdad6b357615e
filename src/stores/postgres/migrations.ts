/**
 * The schema, as numbered steps; forward only. A step that has been released is never edited. Plain tables with the lane in
 * every key, no triggers, no sequences: so that engines which spread tables over machines by the lane take it too.
 */
import { AppError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'
import { schemaName } from './session.ts'
import { commit } from './transaction.ts'

/** The lane that everything is in. Others are for stores that outgrow one row lock; see the table `lane_head`. */
export const onlyLane = 0

/** Digits of an instant's fraction that its indexes hold; an index has no room for any number of them. */
export const indexedFractionDigits = 200

/** Held by the node that migrates; the number says nothing. */
const advisoryLock = 736_579_421
const migrationLimitMs = 10 * 60 * 1000

const steps: readonly string[] = [
  `
  -- One row for each lane, locked first and written last by every append: the lock gives seqs without gaps, and the write makes
  -- the ack of a batch of duplicates as durable as that of any other.
  CREATE TABLE lane_head (
    lane int PRIMARY KEY,
    next_seq bigint NOT NULL,
    received bigint NOT NULL,
    unique_processed bigint NOT NULL,
    duplicate_dropped bigint NOT NULL,
    conflicts bigint NOT NULL,
    conflict_rows bigint NOT NULL,
    conflict_bytes bigint NOT NULL,
    -- Grows with every proof that a commit is possible.
    probes bigint NOT NULL,
    -- Seqs below this one have a partition of the table event.
    partitioned_to bigint NOT NULL,
    CHECK (received = unique_processed + duplicate_dropped)
  ) WITH (fillfactor = 10);
  INSERT INTO lane_head VALUES (${onlyLane}, 1, 0, 0, 0, 0, 0, 0, 0, 1);

  -- Which pairs are stored: 128 bits of a hash over topic and id.
  CREATE TABLE dedup (
    seq bigint NOT NULL,
    key uuid NOT NULL,
    lane int NOT NULL,
    PRIMARY KEY (lane, key)
  );

  -- The log. Partitioned by seq, because everything finds its events by seq; times grow with it.
  CREATE TABLE event (
    lane int NOT NULL,
    seq bigint NOT NULL,
    processed_ms bigint NOT NULL,
    instant_ms bigint NOT NULL,
    -- The digits of the instant after its millisecond: ${indexedFractionDigits}, and the rest, which is nearly always empty.
    instant_head text COLLATE "C" NOT NULL,
    instant_rest text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    "timestamp" text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    -- Not jsonb: that would change the bytes.
    payload text COLLATE "C" NOT NULL,
    PRIMARY KEY (lane, seq)
  ) PARTITION BY RANGE (seq);
  CREATE INDEX event_by_instant ON event (instant_ms, instant_head, seq);
  CREATE INDEX event_by_topic_instant ON event (topic, instant_ms, instant_head, seq);
  CREATE INDEX event_by_long_instant ON event (instant_ms, instant_head) WHERE instant_rest <> '';

  CREATE TABLE topic (
    lane int NOT NULL,
    name text COLLATE "C" NOT NULL,
    events bigint NOT NULL,
    duplicates bigint NOT NULL,
    conflicts bigint NOT NULL,
    last_seq bigint NOT NULL,
    first_seen_ms bigint NOT NULL,
    last_seen_ms bigint NOT NULL,
    PRIMARY KEY (lane, name)
  ) WITH (fillfactor = 50);

  -- Duplicates on record; the ids of both tables come from one counter, so that their union has an order.
  CREATE TABLE duplicate (
    lane int NOT NULL,
    id bigint NOT NULL,
    seq bigint NOT NULL,
    seen_ms bigint NOT NULL,
    topic text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    PRIMARY KEY (lane, id)
  );
  CREATE INDEX duplicate_by_seq ON duplicate (seq);
  CREATE TABLE conflict (
    lane int NOT NULL,
    id bigint NOT NULL,
    seq bigint NOT NULL,
    seen_ms bigint NOT NULL,
    topic text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    "timestamp" text COLLATE "C" NOT NULL,
    payload text COLLATE "C" NOT NULL,
    PRIMARY KEY (lane, id)
  );

  CREATE INDEX conflict_by_seq ON conflict (seq);

  -- What was received per stretch of time: in all (kind 0), by topic (1), by source (2).
  CREATE TABLE received_rate (
    lane int NOT NULL,
    level int NOT NULL,
    kind int NOT NULL,
    start_s bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    events bigint NOT NULL,
    duplicates bigint NOT NULL,
    conflicts bigint NOT NULL,
    PRIMARY KEY (lane, level, kind, start_s, name)
  ) WITH (fillfactor = 70);

  -- Locked first by whoever adds or removes a subscription.
  CREATE TABLE subscription_head (
    lane int PRIMARY KEY,
    -- Never given twice: a lease of a removed subscription belongs to nobody else.
    next_id bigint NOT NULL,
    -- Those of subscriptions that were removed; see subscription.changes.
    changes bigint NOT NULL
  );
  INSERT INTO subscription_head VALUES (${onlyLane}, 1, 0);

  -- Locked first by whoever changes the subscription or its deliveries.
  CREATE TABLE subscription (
    lane int NOT NULL,
    id bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    -- JSON arrays and objects.
    topics text NOT NULL,
    push text,
    start text NOT NULL,
    lease_ms bigint NOT NULL,
    max_attempts int NOT NULL,
    created_ms bigint NOT NULL,
    lease_secret bytea NOT NULL,
    -- Grows with every seek, which makes the leases of the epochs before void.
    epoch bigint NOT NULL,
    -- Every event up to this seq was handed out, or not asked for.
    cursor bigint NOT NULL,
    acked bigint NOT NULL,
    redelivered bigint NOT NULL,
    -- Rows of the tables below that are this subscription's.
    dead_letters bigint NOT NULL,
    late_acks bigint NOT NULL,
    forgotten_through bigint NOT NULL,
    paused_reason text,
    -- Since when every push has failed.
    failing_since_ms bigint,
    -- Grows with everything that happens to it: other nodes look again when it has, and an answer is durable because of it.
    changes bigint NOT NULL,
    PRIMARY KEY (lane, id),
    UNIQUE (lane, name)
  ) WITH (fillfactor = 50);

  -- Events that are leased, or wait for redelivery. An ack deletes the row.
  CREATE TABLE delivery (
    lane int NOT NULL,
    subscription_id bigint NOT NULL,
    seq bigint NOT NULL,
    attempts int NOT NULL,
    -- Counts the leases; unlike attempts it never begins again.
    fence int NOT NULL,
    is_leased boolean NOT NULL,
    -- When the lease runs out, or the delay ends; of the database's clock.
    due_ms bigint NOT NULL,
    PRIMARY KEY (lane, subscription_id, seq)
  );
  -- Which lease acked an event that had several: a repeated ack is told from a stale one by it. Bounded.
  CREATE TABLE late_ack (
    lane int NOT NULL,
    subscription_id bigint NOT NULL,
    seq bigint NOT NULL,
    fence int NOT NULL,
    PRIMARY KEY (lane, subscription_id, seq)
  );
  CREATE TABLE dead_letter (
    lane int NOT NULL,
    subscription_id bigint NOT NULL,
    seq bigint NOT NULL,
    epoch bigint NOT NULL,
    fence int NOT NULL,
    attempts int NOT NULL,
    at_ms bigint NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (lane, subscription_id, seq)
  );
  `,
  `
  -- Another store is being copied into this one, and not all of it is there: nothing else may be appended.
  ALTER TABLE lane_head ADD COLUMN is_copying boolean NOT NULL DEFAULT false;
  -- How many changes there were of subscriptions when the last copy ended.
  ALTER TABLE subscription_head ADD COLUMN copied_changes bigint NOT NULL DEFAULT 0;
  `,
]

/**
 * Brings the database to the newest schema. Of nodes that start together one does it, and the others wait for it.
 *
 * @param connection to be closed afterwards, which gives its lock back.
 * @throws AppError `store_unavailable`, also when the schema is newer than this version.
 */
export async function migrate(connection: Connection): Promise<void> {
  const found = await readVersion(connection)
  if (found === steps.length) return
  requireKnown(found)
  try {
    await connection.run('SET lock_timeout = 0')
    // Before the transaction: one that had begun would not see the tables that somebody else makes meanwhile.
    await connection.run(`SELECT pg_advisory_lock(${advisoryLock})`, migrationLimitMs)
    await connection.run('BEGIN')
    // Somebody else may have been first.
    const version = await readVersion(connection)
    requireKnown(version)
    if (version === 0) {
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${schemaName}`)
      await connection.run('CREATE TABLE schema_version (version int PRIMARY KEY)')
    }
    for (const [index, step] of steps.entries()) {
      if (index < version) continue
      await connection.run(step, migrationLimitMs)
      await connection.run(`INSERT INTO schema_version VALUES (${index + 1})`)
    }
    await commit(connection)
  } catch (thrown) {
    connection.drop('the schema could not be brought to the newest version')
    throw thrown
  }
}

/**
 * For whoever only looks.
 *
 * @throws AppError `store_unavailable` when there is no store, or one of another version.
 */
export async function requireNewestSchema(connection: Connection): Promise<void> {
  const version = await readVersion(connection)
  requireKnown(version)
  if (version === steps.length) return
  const text = version === 0 ? 'holds no store' : `was written by an older version of Sekali (schema ${version})`
  throw new AppError(
    'store_unavailable',
    `the database ${text}; once a server of this version has opened it, it has schema ${steps.length}`,
  )
}

async function readVersion(connection: Connection): Promise<number> {
  const { rows: tables } = await connection.run(
    `SELECT to_regclass('${schemaName}.schema_version') IS NOT NULL AS is_there`,
  )
  if (tables[0]?.is_there !== true) return 0
  const { rows } = await connection.run('SELECT max(version) AS version FROM schema_version')
  return Number(rows[0]?.version)
}

function requireKnown(version: number): void {
  if (version <= steps.length) return
  throw new AppError(
    'store_unavailable',
    `the database was written by a newer version of Sekali (schema ${version}, this version knows ${steps.length})`,
  )
}
