/** Bugs of the store on SQLite. */
import type { SeededBug } from './seeded-bug.ts'

const contract = 'test/stores/sqlite/sqlite-event-store.test.ts'
const appendInCommit = `appendInTransaction(events, nowMs)
        db.exec('COMMIT')`
const ackedIsLost = /^I1: .* was acknowledged as seq \d+ and is not stored/m

export const sqliteBugs: readonly SeededBug[] = [
  {
    name: 'synchronous-normal',
    what: 'a commit returns before it is synced (`synchronous=NORMAL`)',
    file: 'src/stores/sqlite/open-database.ts',
    find: `PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0')
    if (journalMode !== 'wal' || readPragma(db, 'synchronous') !== 2) {`,
    replace: `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
    if (journalMode !== 'wal') {`,
    caughtBy: [{ kind: 'fault', fault: 'power', sign: ackedIsLost }],
  },
  {
    name: 'ack-before-commit',
    what: 'the ack is sent first, and the commit follows at once',
    file: 'src/stores/sqlite/event-writer.ts',
    find: appendInCommit,
    replace: appendInCommit.replace("db.exec('COMMIT')", "queueMicrotask(() => db.exec('COMMIT'))"),
    caughtBy: [{ kind: 'fault', fault: 'kill', sign: ackedIsLost }],
  },
  {
    name: 'dedup-in-memory',
    what: 'only the process that stored a key knows that it is stored',
    file: 'src/stores/sqlite/dedup/log-structured-dedup-index.ts',
    find: 'for (const [at, key] of keys.entries()) insert(key.seq, hashes[2 * at] ?? 0, hashes[2 * at + 1] ?? 0)',
    replace: '',
    caughtBy: [
      {
        kind: 'test',
        file: contract,
        test: 'after reopening, what was stored is a duplicate or a conflict as before',
        sign: /\+ +seq: 3,\n.*- +seq: 2,/,
      },
    ],
  },
  {
    name: 'no-barrier-on-open',
    what: 'what a dead process has written is taken for stored, synced or not',
    file: 'src/stores/sqlite/open-database.ts',
    find: "const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}",
    replace: 'const busy = 0',
    caughtBy: [
      {
        kind: 'fault',
        fault: 'suspended-commit',
        sign: /^I5: seq \d+ was shown as .* and is now not stored \(after they were read\)/m,
      },
    ],
  },
  {
    name: 'duplicates-write-nothing',
    what: 'an append of nothing but duplicates commits nothing',
    file: 'src/stores/sqlite/event-writer.ts',
    find: appendInCommit,
    replace: appendInCommit.replace("'COMMIT'", "next.lastSeq === counters.lastSeq ? 'ROLLBACK' : 'COMMIT'"),
    caughtBy: [
      {
        kind: 'test',
        file: 'test/stores/sqlite/durability.test.ts',
        test: 'an append of nothing but duplicates writes, so that its ack is as durable as the first',
        sign: /statSync\(`\$\{path\}-wal`\)\.size > walBytes/,
      },
    ],
  },
  {
    name: 'pair-twice-in-batch',
    what: 'a pair that is twice in a batch is stored twice',
    file: 'src/stores/sqlite/dedup/log-structured-dedup-index.ts',
    find: 'return earlier?.topicId === key.topicId && earlier.eventId === key.eventId',
    replace: 'return earlier === undefined',
    caughtBy: [
      {
        kind: 'test',
        file: contract,
        test: 'a pair repeated inside a batch is stored once: the first of them',
        sign: /\+ +status: 'stored'/,
      },
    ],
  },
  {
    name: 'index-sealed-before-commit',
    what: 'the dedup index takes keys for stored before their events are committed',
    file: 'src/stores/sqlite/dedup/log-structured-dedup-index.ts',
    find: `pages.writeState({ state, seed, isBuilding: false })
      return seqs`,
    replace: `pages.writeState({ state, seed, isBuilding: false })
      settle()
      return seqs`,
    caughtBy: [
      {
        kind: 'test',
        file: 'test/stores/sqlite/dedup-index.test.ts',
        test: 'a rollback at every single step of flushes and merges changes no answer',
        sign: /page \d+ of level \d is missing/,
      },
    ],
  },
  {
    name: 'index-recovered-in-part',
    what: 'after a restart the filters miss the keys that were flushed last',
    file: 'src/stores/sqlite/dedup/log-structured-dedup-index.ts',
    find: '    readdPages(0, Math.max(snapshotRun, state.runs[1] * fanOut))\n',
    replace: '',
    caughtBy: [
      {
        kind: 'test',
        file: 'test/stores/sqlite/dedup-index.test.ts',
        test: 'a reopen at every single step of flushes and merges changes no answer',
        sign: /\+ +1025\n *- +512\n/,
      },
    ],
  },
  {
    name: 'failed-commit-is-acked',
    what: 'a group whose commit failed is acknowledged',
    file: 'src/pipeline/consumer.ts',
    find: 'for (const batch of batches) batch.outcome.reject(error)',
    replace:
      "answer(batches, batches.flatMap((batch) => Array.from(batch.events, () => ({ status: 'stored', seq: 1 }))))",
    caughtBy: [
      {
        kind: 'test',
        file: 'test/pipeline/consumer.test.ts',
        test: 'a failed commit fails its whole group, acknowledges nothing, and the next group goes on',
        sign: /Missing expected rejection/,
      },
    ],
  },
  {
    name: 'ack-moves-back',
    what: 'a delivery ack moves the position of its subscription back',
    file: 'src/stores/sqlite/subscriptions/settle-writer.ts',
    find: 'UPDATE subscription SET acked = acked + ? WHERE',
    replace: 'UPDATE subscription SET acked = acked + ?, cursor = cursor - 1 WHERE',
    caughtBy: [
      {
        kind: 'test',
        file: contract,
        test: 'what is acked is not delivered again, and acking it again is done',
        sign: /\+ +seq: 3,\n[\s\S]*- \[\]\n/,
      },
    ],
  },
  {
    name: 'lease-not-checked',
    what: 'whoever had an event once may ack it, though another has it now',
    file: 'src/stores/sqlite/subscriptions/settle-writer.ts',
    find: 'AND fence = :fence AND is_leased = 1 AND due_ms > :nowMs`',
    replace: 'AND fence >= :fence AND is_leased = 1 AND due_ms > :nowMs`',
    caughtBy: [
      {
        kind: 'test',
        file: contract,
        test: 'a stale lease can do nothing to the event that another holds, or has acked',
        sign: /\+ +'done',\n/,
      },
    ],
  },
  {
    name: 'lease-never-ends',
    what: 'a lease that ran out still counts',
    file: 'src/stores/sqlite/subscriptions/settle-writer.ts',
    find: 'is_leased = 1 AND due_ms > :nowMs`',
    replace: 'is_leased = 1 AND :nowMs > 0`',
    caughtBy: [
      {
        kind: 'test',
        file: contract,
        test: 'a lease that ran out can do nothing any more, though nobody else has the event',
        sign: /\+ +'done',\n/,
      },
    ],
  },
]
