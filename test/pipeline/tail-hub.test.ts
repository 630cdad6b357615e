import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredEvent } from '../../src/core/event.ts'
import type { LogPage } from '../../src/core/event-store.ts'
import { PackedEvents } from '../../src/core/packed-events.ts'
import type { CommittedGroup } from '../../src/pipeline/consumer.ts'
import { TailHub, type TailSink, tailLimits } from '../../src/pipeline/tail-hub.ts'
import { newEvent } from '../support/events.ts'

interface TestSink extends TailSink {
  readonly seqs: number[]
  pendingBytes: number
  isCut: boolean
  hasEnded: boolean
}

function openSink(): TestSink {
  const sink: TestSink = {
    seqs: [],
    pendingBytes: 0,
    isCut: false,
    hasEnded: false,
    write(chunk) {
      sink.seqs.push(...Buffer.from(chunk).toString().split(' ').filter(Boolean).map(Number))
    },
    drained: async () => {},
    end() {
      sink.hasEnded = true
    },
    cut() {
      sink.isCut = true
    },
  }
  return sink
}

/** A log whose look-ups wait until the test answers them. */
function openHub(lastSeq = 0) {
  const looks: ((page: LogPage) => void)[] = []
  let encoded = 0
  let seq = lastSeq
  const hub = new TailHub({
    store: { readLog: () => new Promise((resolve) => looks.push(resolve)) },
    lastSeq,
    encode({ seq: encodedSeq }) {
      encoded++
      return Buffer.from(`${encodedSeq} `)
    },
    heartbeat: Buffer.from(''),
  })
  const commit = (count: number, text = ''): void => {
    const firstSeq = seq + 1
    seq += count
    const events = Array.from({ length: count }, (_, index) =>
      newEvent({ topic: `t.${(firstSeq + index) % 2}`, payload: `{"text":"${text}"}` }),
    )
    const group: CommittedGroup = {
      events: PackedEvents.from(events),
      results: events.map((_, index) => ({ status: 'stored', seq: firstSeq + index })),
      processedAtMs: 0,
      firstSeq,
      lastSeq: seq,
      durationMs: 0,
    }
    hub.publish(group)
  }
  const answer = async (page: LogPage): Promise<void> => {
    while (looks.length === 0) await new Promise(setImmediate)
    looks.shift()?.(page)
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  }
  return { hub, looks, commit, answer, encoded: () => encoded }
}

function pageOf(from: number, to: number, isEnd = true): LogPage {
  const events = Array.from(
    { length: to - from + 1 },
    (_, index): StoredEvent => ({
      ...newEvent(),
      seq: from + index,
      processedAtMs: 0,
    }),
  )
  return { events, through: to, isEnd }
}

const everything = { topics: [], source: undefined }

test('events are matched and encoded once for all readers that ask for the same', () => {
  const { hub, commit, encoded } = openHub()
  const sinks = Array.from({ length: 100 }, openSink)
  for (const sink of sinks) hub.tail(sink, { filter: { topics: ['t.*', 't.0'], source: undefined }, after: undefined })
  const other = openSink()
  hub.tail(other, { filter: { topics: ['t.1'], source: undefined }, after: undefined })
  commit(4)
  assert.equal(encoded(), 4 + 2)
  for (const sink of sinks) assert.deepEqual(sink.seqs, [1, 2, 3, 4])
  assert.deepEqual(other.seqs, [1, 3])
})

test('with no reader at all nothing is encoded or kept', () => {
  const { commit, encoded } = openHub()
  commit(1000)
  assert.equal(encoded(), 0)
})

test('what is committed while the log is read comes right after what was read, whichever of the two is ahead', async () => {
  for (const through of [3, 5, 7]) {
    const { hub, commit, answer } = openHub(3)
    const sink = openSink()
    hub.tail(sink, { filter: everything, after: 0 })
    commit(2)
    commit(2)
    await answer(pageOf(1, through))
    commit(1)
    assert.deepEqual(sink.seqs, [1, 2, 3, 4, 5, 6, 7, 8], `the page went through ${through}`)
  }
})

test('a reader that falls behind what is kept reads on in the log', async () => {
  const { hub, commit, answer, looks } = openHub(3)
  const sink = openSink()
  hub.tail(sink, { filter: everything, after: 0 })
  const large = 'x'.repeat(9 * 1024 * 1024)
  for (let group = 0; group < 3; group++) commit(1, large)
  await answer(pageOf(1, 3))
  assert.deepEqual(sink.seqs, [1, 2, 3])
  assert.equal(looks.length, 1)
  await answer(pageOf(4, 5))
  commit(1)
  assert.deepEqual(sink.seqs, [1, 2, 3, 4, 5, 6, 7])
})

test('a reader with too much waiting is cut off, and only that one', () => {
  const { hub, commit } = openHub()
  const [slow, good] = [openSink(), openSink()]
  for (const sink of [slow, good]) hub.tail(sink, { filter: everything, after: undefined })
  commit(1)
  slow.pendingBytes = tailLimits.maxPendingBytes + 1
  commit(1)
  commit(1)
  assert.deepEqual([slow.isCut, slow.seqs, good.isCut, good.seqs], [true, [1], false, [1, 2, 3]])
  assert.deepEqual([hub.readers, hub.cutOff], [1, 1])
})

test('a reader that had taken everything is not cut off for events that are large themselves', () => {
  const { hub, commit } = openHub()
  const sink = openSink()
  const write = sink.write
  sink.write = (chunk) => {
    write(chunk)
    sink.pendingBytes = tailLimits.maxPendingBytes + 1
  }
  hub.tail(sink, { filter: everything, after: undefined })
  commit(1)
  sink.pendingBytes = 0
  commit(1)
  assert.deepEqual([sink.isCut, sink.seqs], [false, [1, 2]])
  commit(1)
  assert.deepEqual([sink.isCut, sink.seqs], [true, [1, 2]])
})

test('a reader that catches up gets what was just committed as fast as it takes it, and is not cut off for it', async () => {
  const { hub, commit, answer } = openHub(3)
  const sink = openSink()
  const taking: (() => void)[] = []
  sink.drained = () => new Promise((resolve) => taking.push(resolve))
  hub.tail(sink, { filter: everything, after: 0 })
  commit(2)
  commit(2)
  const take = async () => {
    sink.pendingBytes = 0
    taking.shift()?.()
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  }
  await answer(pageOf(1, 3))
  for (const seqs of [
    [1, 2, 3],
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, 5, 6, 7],
  ]) {
    assert.deepEqual(sink.seqs, seqs)
    sink.pendingBytes = tailLimits.maxPendingBytes + 1
    if (seqs.length === 7) commit(1)
    await take()
  }
  assert.deepEqual([sink.isCut, sink.seqs], [false, [1, 2, 3, 4, 5, 6, 7, 8]])
})

test('a reader that has left gets nothing more, also when it leaves while it catches up', async () => {
  const { hub, commit, answer, looks } = openHub(3)
  const [live, past] = [openSink(), openSink()]
  const leaveLive = hub.tail(live, { filter: everything, after: undefined })
  const leavePast = hub.tail(past, { filter: everything, after: 0 })
  while (looks.length === 0) await new Promise(setImmediate)
  leaveLive()
  leavePast()
  await answer(pageOf(1, 3))
  commit(1)
  assert.deepEqual([live.seqs, past.seqs, hub.readers], [[], [], 0])
})

test('closing ends every stream, and refuses new ones', async () => {
  const { hub } = openHub(3)
  const [live, past] = [openSink(), openSink()]
  hub.tail(live, { filter: everything, after: undefined })
  hub.tail(past, { filter: everything, after: 0 })
  await hub[Symbol.asyncDispose]()
  assert.deepEqual([live.hasEnded, past.hasEnded], [true, true])
  assert.throws(() => hub.tail(openSink(), { filter: everything, after: undefined }), { code: 'draining' })
})
