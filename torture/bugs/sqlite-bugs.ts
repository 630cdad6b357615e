/** Bugs of the store on SQLite. */
import type { SeededBug } from './seeded-bug.ts'

const appendBehaviour = 'test/stores/sqlite/sqlite-event-store.test.ts'

export const sqliteBugs: readonly SeededBug[] = [
  {
    name: 'synchronous-normal',
    what: 'synchronous=NORMAL: a commit returns before it is synced',
    file: 'src/stores/sqlite/open-database.ts',
    find: `PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0')
    if (journalMode !== 'wal' || readPragma(db, 'synchronous') !== 2) {`,
    replace: `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
    if (journalMode !== 'wal') {`,
    caughtBy: [{ kind: 'fault', fault: 'power', sign: /^I1: .* was acknowledged as seq \d+ and is not stored/m }],
  },
  {
    name: 'ack-before-commit',
    what: 'the writer answers, and commits when the answer is on its way',
    file: 'src/stores/sqlite/event-writer.ts',
    find: `appendInTransaction(events, nowMs)
        db.exec('COMMIT')`,
    replace: `appendInTransaction(events, nowMs)
        queueMicrotask(() => db.exec('COMMIT'))`,
    caughtBy: [{ kind: 'fault', fault: 'kill', sign: /^I1: .* was acknowledged as seq \d+ and is not stored/m }],
  },
  {
    name: 'dedup-in-memory',
    what: 'which keys are stored is known only to the process that stored them',
    file: 'src/stores/sqlite/dedup/log-structured-dedup-index.ts',
    find: 'for (const [at, key] of keys.entries()) insert(key.seq, hashes[2 * at] ?? 0, hashes[2 * at + 1] ?? 0)',
    replace: '',
    caughtBy: [
      {
        kind: 'test',
        file: appendBehaviour,
        test: 'sqlite: ',
        sign: /./,
      },
    ],
  },
  {
    name: 'no-barrier-on-open',
    what: 'what a dead process wrote is taken as stored, synced or not',
    file: 'src/stores/sqlite/open-database.ts',
    find: "const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}",
    replace: 'const busy = 0',
    caughtBy: [
      {
        kind: 'fault',
        fault: 'suspended-commit',
        sign: /after they were read/,
      },
      {
        kind: 'test',
        file: 'test/stores/sqlite/durability.test.ts',
        test: 'what a dead process left in the WAL',
        sign: /AssertionError/,
      },
    ],
  },
  {
    name: 'duplicates-write-nothing',
    what: 'an append of nothing but duplicates does not commit',
    file: 'src/stores/sqlite/event-writer.ts',
    find: `appendInTransaction(events, nowMs)
        db.exec('COMMIT')`,
    replace: `appendInTransaction(events, nowMs)
        db.exec(next.uniqueProcessed === counters.uniqueProcessed ? 'ROLLBACK' : 'COMMIT')`,
    caughtBy: [
      {
        kind: 'test',
        file: 'test/stores/sqlite/durability.test.ts',
        test: 'an append of nothing but duplicates writes',
        sign: /AssertionError/,
      },
    ],
  },
  {
    name: 'pair-twice-in-batch',
    what: 'a pair that is twice in one batch is stored twice',
    file: 'src/stores/sqlite/dedup/log-structured-dedup-index.ts',
    find: 'return earlier?.topicId === key.topicId && earlier.eventId === key.eventId',
    replace: 'return earlier === undefined',
    caughtBy: [{ kind: 'test', file: appendBehaviour, test: 'sqlite: ', sign: /./ }],
  },
  {
    name: 'index-sealed-before-commit',
    what: 'the dedup index takes a batch as stored before its commit',
    file: 'src/stores/sqlite/event-writer.ts',
    find: `const lastSeq = insertNew(events, topicIds, seqs, nowMs)`,
    replace: `dedupIndex.settle()
    const lastSeq = insertNew(events, topicIds, seqs, nowMs)`,
    caughtBy: [
      {
        kind: 'test',
        file: 'test/stores/sqlite/event-writer.test.ts',
        test: 'the indexes are told of every commit',
        sign: /AssertionError/,
      },
    ],
  },
]
