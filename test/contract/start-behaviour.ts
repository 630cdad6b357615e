/** Where subscriptions begin, and what they ask for. */
import assert from 'node:assert/strict'
import type { StartPoint } from '../../src/core/subscription.ts'
import { type Behaviour, someEvents, startMs } from './store-bench.ts'
import { claimOf, earliest, seqsOf, someSettings } from './subscription-bench.ts'

export function startBehaviour(behaviour: Behaviour): void {
  behaviour('a subscription begins where its start says', async (bench) => {
    const { store } = bench
    for (let second = 0; second < 10; second++) {
      bench.nowMs = startMs + second * 1000
      await store.append(someEvents(3))
    }
    const starts: [StartPoint, number][] = [
      [earliest, 0],
      [{ kind: 'latest' }, 30],
      [{ kind: 'seq', seq: 0 }, 0],
      [{ kind: 'seq', seq: 17 }, 17],
      [{ kind: 'seq', seq: 30 }, 30],
      [{ kind: 'seq', seq: 32 }, 32],
      [{ kind: 'time', ms: 0 }, 0],
      [{ kind: 'time', ms: startMs }, 0],
      [{ kind: 'time', ms: startMs + 1 }, 3],
      [{ kind: 'time', ms: startMs + 4000 }, 12],
      [{ kind: 'time', ms: startMs + 9000 }, 27],
      [{ kind: 'time', ms: startMs + 9001 }, 30],
    ]
    for (const [index, [start]] of starts.entries()) {
      assert.equal(await store.subscriptions.create(`s${index}`, someSettings(), start), 'created')
    }
    await store.append(someEvents(5))
    for (const [index, [start, after]] of starts.entries()) {
      const expected = Array.from({ length: 35 - after }, (_, at) => after + 1 + at)
      const { deliveries } = await claimOf(store.subscriptions, 1000, `s${index}`)
      assert.deepEqual(seqsOf(deliveries), expected, JSON.stringify(start))
    }
  })

  behaviour('an empty log has a beginning and an end', async ({ store }) => {
    const starts: StartPoint[] = [earliest, { kind: 'latest' }, { kind: 'time', ms: startMs }]
    for (const [index, start] of starts.entries()) await store.subscriptions.create(`s${index}`, someSettings(), start)
    await store.append(someEvents(1))
    for (const index of starts.keys()) {
      assert.deepEqual(seqsOf((await claimOf(store.subscriptions, 10, `s${index}`)).deliveries), [1])
    }
  })

  behaviour('only the topics asked for are delivered, and the position passes the others', async ({ store }) => {
    await store.append(
      someEvents(12, (index) => ({ topic: ['orders.new', 'logs.a', 'orders.new.eu'][index % 3] ?? '' })),
    )
    for (const [index, [topics, seqs]] of (
      [
        [['orders.*'], [1, 4, 7, 10]],
        [['orders.>'], [1, 3, 4, 6, 7, 9, 10, 12]],
        [
          ['logs.a', 'orders.new.eu'],
          [2, 3, 5, 6, 8, 9, 11, 12],
        ],
        [['nothing'], []],
        [[], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
      ] as const
    ).entries()) {
      await store.subscriptions.create(`s${index}`, someSettings({ topics }), earliest)
      assert.deepEqual(seqsOf((await claimOf(store.subscriptions, 1000, `s${index}`)).deliveries), seqs)
      const state = await store.subscriptions.find(`s${index}`)
      assert.deepEqual([state?.cursor, state?.lag], [12, seqs.length])
    }
  })
}
