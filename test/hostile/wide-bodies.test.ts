/**
 * Bodies of millions of small values, many at once, in a server with little memory: whatever is in a body, and in whatever
 * form, refusing it must take memory by its size and not by what JSON.parse would make of it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProcessMemory } from '../../bench/process-memory.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { startServerProcess } from '../support/process.ts'
import { openRawConnection, type RawResponse } from '../support/raw-http.ts'
import { type Bytes, eventText, invalidBody, invalidEvent, json, ndjson, notJson, withBody } from './corpus/entry.ts'

const wide = Array(1_900_000).fill('{}').join(',')
/** Of ten bodies of up to 6 MB, and a server. */
const maxPeakBytes = 400 * 1024 * 1024
/** Each waits half a second to be let in. */
const maxAttempts = 50

const bodies = [
  { name: 'an array of objects', body: `[${wide}]`, gets: invalidEvent('') },
  { name: 'a batch of objects', body: `{"events":[${wide}]}`, gets: invalidEvent('/events') },
  { name: 'an array that does not end', body: `[${wide}`, gets: notJson },
  { name: 'an array as topic', body: eventText({ topic: `[${wide}]` }), gets: invalidEvent('/topic') },
  { name: 'an unknown field', body: eventText({ more: `[${wide}]` }), gets: invalidEvent('/more') },
  {
    name: 'a payload of an event with a wrong topic',
    body: eventText({ topic: '""', payload: `{"a":[${wide}]}` }),
    gets: invalidEvent('/topic'),
  },
  { name: 'a line', body: `[${wide}]`, type: ndjson, gets: invalidEvent('') },
  {
    name: 'leases that are none',
    line: 'POST /subscriptions/a/ack',
    body: `{"leases":[${wide.slice(0, 3 * 333_000 - 1)}]}`,
    gets: invalidBody('/leases'),
  },
  {
    name: 'fields of an ack that are none',
    line: 'POST /subscriptions/a/ack',
    body: `{${Array.from({ length: 90_000 }, (_, at) => `"${at}":{}`)}}`,
    gets: invalidBody(''),
  },
  { name: 'arrays that are no events', body: `[${wide.replaceAll('{}', '[]')}]`, gets: invalidEvent('') },
] satisfies { name: string; line?: string; body: Bytes; type?: typeof json | typeof ndjson; gets: object }[]

test('bodies of millions of values, ten at once, are refused by a server with 128 MiB of memory', async (t) => {
  const env = { NODE_OPTIONS: '--max-old-space-size=128' }
  const { url, child } = await startServerProcess(t, ['--store', 'memory:'], { env })
  assert.equal(bodies.length, 10)
  const answers = bodies.map(({ line = 'POST /publish', body, type = json }) =>
    sendUntilJudged(url, withBody(line, body, type)),
  )
  await Promise.allSettled(answers)
  for (const [at, { name, gets }] of bodies.entries()) {
    await t.test(name, async () => {
      const problem = await assertProblem((await answers[at]) ?? assert.fail('no answer'), gets.status)
      assert.equal(problem.code, gets.code, problem.detail)
      assert.equal(pointersOf(problem)[0], gets.pointer)
    })
  }
  const { peakBytes = Number.NaN } = readProcessMemory(child.pid ?? 0) ?? {}
  t.diagnostic(`at most ${Math.round(peakBytes / 1024 ** 2)} MiB`)
  assert.ok(peakBytes < maxPeakBytes, `${peakBytes} bytes`)
})

/** Beyond what the server takes in at once it refuses without reading, and may close under what is still sent: again, then. */
async function sendUntilJudged(url: string, bytes: Uint8Array): Promise<RawResponse> {
  for (let attempt = 1; attempt < maxAttempts; attempt++) {
    const connection = await openRawConnection(url)
    connection.write(bytes).catch(() => {})
    const answer = await connection.response().catch(() => undefined)
    connection.socket.destroy()
    if (answer !== undefined && answer.status !== 503) return answer
  }
  return assert.fail(`not let in, ${maxAttempts} times`)
}
