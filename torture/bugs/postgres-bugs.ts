/** Bugs of the store on PostgreSQL. */
import type { SeededBug } from './seeded-bug.ts'

export const postgresBugs: readonly SeededBug[] = [
  {
    name: 'seq-from-max',
    what: 'seqs begin at MAX(seq) + 1, read without a lock',
    file: 'src/stores/postgres/append-statements.ts',
    find: 'FOR UPDATE`,',
    replace: '`.replace("*", "*, 1 + (SELECT coalesce(max(seq), 0) FROM event) AS next_seq"),',
    caughtBy: [
      {
        kind: 'test',
        file: 'test/cluster/two-nodes.test.ts',
        test: 'the same ids sent to three nodes, each in its own order, are stored and counted once',
        sign: /\+ +\d+,\n *- +900,\n/,
      },
    ],
  },
  {
    name: 'duplicates-commit-nothing',
    what: 'an append of nothing but duplicates is rolled back, and waits for no standby',
    file: 'src/stores/postgres/event-writer.ts',
    find: '    commit(connection),\n  ])',
    replace: "    fresh.length === 0 ? connection.run('ROLLBACK') : commit(connection),\n  ])",
    caughtBy: [
      {
        kind: 'test',
        file: 'test/cluster/failover.test.ts',
        test: 'a duplicate of what is not replicated yet is not acknowledged before it is',
        sign: /\n *202 !== 503\n/,
      },
    ],
  },
  {
    name: 'commit-warning-ignored',
    what: 'a commit whose wait for a standby was cancelled is acknowledged',
    file: 'src/stores/postgres/transaction.ts',
    find: 'if (warning !== undefined) {',
    replace: 'if (warning === null) {',
    caughtBy: [
      {
        kind: 'test',
        file: 'test/stores/postgres/event-store.test.ts',
        test: 'a commit whose wait for the standbys was cancelled is not acknowledged, though it succeeds',
        sign: /'acknowledged'/,
      },
    ],
  },
  {
    name: 'synchronous-commit-local',
    what: 'commits do not wait for a standby (`synchronous_commit=local`)',
    file: 'src/stores/postgres/transaction.ts',
    find: "'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE'",
    replace: "'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = local'",
    caughtBy: [{ kind: 'fault', fault: 'cluster', sign: /^the primary is killed, .*: nothing acknowledged is lost/m }],
  },
]
