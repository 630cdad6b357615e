/** Tabs that share a stream: each gets what it asked for, all of it, once, in order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  covers,
  questionFor,
  type StreamQuestion,
  type TailFilter,
  tailMatcher,
} from '../../web/src/api/tail-filter.ts'
import { TailJoin } from '../../web/src/api/tail-join.ts'

const anything: TailFilter = { topic: undefined, source: undefined, text: undefined, fromMs: undefined }
const everything: StreamQuestion = { topics: undefined, source: undefined }

function eventText(
  seq: number,
  { topic = 'a', source = 's', payload = '{}', timestamp = '2026-01-31T09:30:00Z' } = {},
) {
  return `{"topic":"${topic}","event_id":"${seq}","timestamp":"${timestamp}","source":"${source}","payload":${payload},"seq":${seq},"processed_at":"2026-01-31T09:30:00.000Z"}`
}

test('what is known already is dropped, and what comes after it taken', () => {
  const join = new TailJoin(anything, 2)
  const rows = join.take({
    question: everything,
    since: 0,
    through: 4,
    texts: [1, 2, 3, 4].map((seq) => eventText(seq)),
  })
  assert.deepEqual(
    rows?.map(({ seq }) => seq),
    [3, 4],
  )
  assert.deepEqual(join.take({ question: everything, since: 1, through: 4, texts: [eventText(3), eventText(4)] }), [])
})

test('a part of the stream that begins later than what is known is not taken: something would be missing', () => {
  const join = new TailJoin(anything, 2)
  assert.equal(join.take({ question: everything, since: 3, through: 4, texts: [eventText(4)] }), undefined)
  assert.equal(join.position, 2)
})

test('a stream that asks for less than the tab wants is not taken', () => {
  const join = new TailJoin(anything, 0)
  const question = { topics: ['a'], source: undefined }
  assert.equal(join.take({ question, since: 0, through: 1, texts: [eventText(1)] }), undefined)
})

test('what does not pass the filter moves the position on, so that nothing is read twice', () => {
  const join = new TailJoin({ ...anything, topic: 'b' }, 0)
  assert.deepEqual(join.take({ question: everything, since: 0, through: 9, texts: [eventText(9)] }), [])
  assert.equal(join.position, 9)
})

const filter = fc.record({
  topic: fc.constantFrom(undefined, 'a', 'b', 'c'),
  source: fc.constantFrom(undefined, 's', 't'),
  text: fc.constant(undefined),
  fromMs: fc.constant(undefined),
})

test('whatever streams are read and begun again, every tab has exactly its events', () => {
  const log = fc.array(fc.record({ topic: fc.constantFrom('a', 'b', 'c'), source: fc.constantFrom('s', 't') }), {
    maxLength: 30,
  })
  const streams = fc.array(
    fc.record({
      filters: fc.array(filter, { minLength: 1, maxLength: 3 }),
      since: fc.nat(30),
      steps: fc.array(fc.nat(6)),
    }),
  )
  fc.assert(
    fc.property(log, filter, streams, fc.nat(30), (events, wanted, others, after) => {
      const texts = events.map((event, index) => eventText(index + 1, event))
      const join = new TailJoin(wanted, Math.min(after, texts.length))
      const got: number[] = []
      const run = (question: StreamQuestion, since: number, steps: readonly number[]): void => {
        let at = since
        for (const step of [...steps, texts.length]) {
          const through = Math.min(texts.length, at + step)
          const part = texts.slice(at, through).filter((text) => {
            const { topic, source } = JSON.parse(text)
            return (question.topics?.includes(topic) ?? true) && (question.source ?? source) === source
          })
          if (through > at)
            got.push(...(join.take({ question, since: at, through, texts: part }) ?? []).map(({ seq }) => seq))
          at = through
        }
      }
      for (const { filters, since, steps } of others) run(questionFor(filters), Math.min(since, texts.length), steps)
      // What the leader does in the end: one that covers this tab too, from where the tab is.
      run(questionFor([wanted, ...others.flatMap(({ filters }) => filters)]), join.position, [3])
      const matches = (seq: number) =>
        (wanted.topic ?? events[seq - 1]?.topic) === events[seq - 1]?.topic &&
        (wanted.source ?? events[seq - 1]?.source) === events[seq - 1]?.source
      const expected = texts
        .map((_, index) => index + 1)
        .filter((seq) => seq > Math.min(after, texts.length) && matches(seq))
      assert.deepEqual(got, expected)
    }),
  )
})

test('the question for several tabs covers each of them', () => {
  fc.assert(
    fc.property(fc.array(filter, { minLength: 1 }), (filters) => {
      for (const each of filters) assert(covers(questionFor(filters), each))
    }),
  )
  assert.deepEqual(
    questionFor([
      { ...anything, topic: 'b', source: 's' },
      { ...anything, topic: 'a', source: 's' },
    ]),
    {
      topics: ['a', 'b'],
      source: 's',
    },
  )
})

test('a topic that reads like a pattern is not asked for as one', () => {
  for (const topic of ['a.*', '>', 'x>y']) assert.equal(questionFor([{ ...anything, topic }]).topics, undefined)
})

test('text and time are compared here', () => {
  const row = {
    topic: 'a',
    eventId: '1',
    source: 's',
    payload: '{"msg":"Caf\\u00e9"}',
    timestamp: '2026-01-31T10:30:00+01:00',
    seq: 1,
    processedAt: '',
  }
  assert.equal(tailMatcher({ ...anything, text: 'café' })(row), true)
  assert.equal(tailMatcher({ ...anything, text: 'tea' })(row), false)
  assert.equal(tailMatcher({ ...anything, fromMs: Date.parse('2026-01-31T09:30:00Z') })(row), true)
  assert.equal(tailMatcher({ ...anything, fromMs: Date.parse('2026-01-31T09:30:00.001Z') })(row), false)
})
