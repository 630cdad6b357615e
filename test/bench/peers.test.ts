/** The benchmark's own books, against the stores that need nothing installed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measure } from '../../bench/measure.ts'
import type { Peer } from '../../bench/peers/peer.ts'
import { sekaliPeer } from '../../bench/peers/sekali.ts'
import { measurePeers } from '../../bench/peers.ts'
import { measureRawAppend, rawAppendPeer } from '../../bench/raw-append.ts'
import { openEventSource } from '../../src/cli/bench-events.ts'
import { tinyBench } from '../support/tiny-bench.ts'

const source = openEventSource(
  { idKind: 'uuid4', topics: 10, topicPrefix: 'bench.', payloadBytes: 150, seed: 1 },
  1_700_000_000_000,
)
const run = { batchEvents: 130, connections: 3, seconds: 0.1, source, duplicateRatio: 0.3 }

test('a run of sekali acknowledges every event sent, and stores each of them once', async () => {
  const { totals, eventsPerSecond } = await measure({ ...run, peer: sekaliPeer })
  assert.ok(totals.sent > 0 && eventsPerSecond > 0)
  assert.ok(totals.duplicates > 0, 'events were repeated')
  assert.equal(totals.unique + totals.duplicates, totals.sent)
})

test('a raw append stores every event, also what was there before', async () => {
  const { totals } = await measure({ ...run, peer: rawAppendPeer() })
  assert.ok(totals.fresh < totals.sent, 'events were repeated')
  assert.equal(totals.unique, totals.sent)
})

test('the yardstick is a rate, at any page size', async () => {
  const { batchEvents, seconds } = run
  assert.ok((await measureRawAppend({ batchEvents, seconds, source, pageSizeBytes: 4096 })) > 0)
})

test('peers take turns, and each has a row', async () => {
  const options = { peers: [sekaliPeer, rawAppendPeer()], seconds: 0.05, repeats: 2, duplicateRatio: 0 }
  const rows = await measurePeers(100, options, tinyBench())
  assert.deepEqual(
    rows.map(({ peer, connections }) => [peer, connections]),
    [
      ['sekali', 8],
      ['raw-append', 1],
    ],
  )
  assert.ok(rows.every(({ min, median, max }) => min > 0 && min <= median && median <= max))
})

test('a store that loses an event is found out', async () => {
  const raw = rawAppendPeer()
  const forgetful: Peer<unknown> = {
    ...raw,
    async open() {
      const running = await raw.open()
      return {
        encode: (events) => running.encode(events),
        openClient: () => running.openClient(),
        countStored: async () => (await running.countStored()) - 1,
        [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
      }
    },
  }
  await assert.rejects(measure({ ...run, peer: forgetful }), /do not add up/)
})
