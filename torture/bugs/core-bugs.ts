/** Bugs of the core: they show only when things happen in a certain order, and are caught where a seed decides the order. */
import type { SeededBug, TestCatcher } from './seeded-bug.ts'

const simulated = (sign: RegExp): readonly [TestCatcher] => [
  { kind: 'test', file: 'test/crash/simulation.test.ts', test: 'the core keeps its promises under', sign },
]

export const coreBugs: readonly SeededBug[] = [
  {
    name: 'settled-before-commit',
    what: 'the ack of a delivery is answered first, and the commit follows',
    file: 'src/pipeline/settler.ts',
    find: '      outcomes = await store.settle(commands)\n',
    replace: "      outcomes = commands.map(() => 'done'); void store.settle(commands).catch(() => {})\n",
    caughtBy: simulated(/s\d: seq \d+ is acked and is delivered again/),
  },
  {
    name: 'tail-joins-early',
    what: 'a reader of the past joins the live tail one event before it has read all',
    file: 'src/pipeline/tail-hub.ts',
    find: 'if (reader.position >= this.#lastSeq) {',
    replace: 'if (reader.position >= this.#lastSeq - 1) {',
    caughtBy: simulated(/a tail from \d+ got \d+ after \w+ instead of \d+|still waiting .*tail \d/),
  },
  {
    name: 'recent-groups-off-by-one',
    what: 'a reader that changes over to the groups of the last moments may skip one event',
    file: 'src/pipeline/recent-groups.ts',
    find: 'found.firstSeq <= seq + 1',
    replace: 'found.firstSeq <= seq + 2',
    caughtBy: simulated(/a tail from \d+ got \d+ after \w+ instead of \d+/),
  },
  {
    name: 'commits-told-late',
    what: 'groups that were committed in order reach the live tail in another one',
    file: 'src/pipeline/consumer.ts',
    find: '    onCommit({ events',
    replace:
      '    if (batches.length > 1) await new Promise((resolve) => setTimeout(resolve, 1))\n    onCommit({ events',
    caughtBy: simulated(/a tail from \d+ got \d+ after \w+ instead of \d+|a tail got \d+ after \d+/),
  },
  {
    name: 'refused-but-kept',
    what: 'a batch that a full queue refused stays in line, and is stored later',
    file: 'src/pipeline/bounded-queue.ts',
    find: '        this.#waiters.delete(waiter)\n        this.#admitWaiters()\n        reject',
    replace: '        this.#admitWaiters()\n        reject',
    caughtBy: simulated(/was never sent, or never taken/),
  },
]
