/** Leases, acks and dead letters survive the death of the process, exactly as publishes do. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { startServerProcess } from '../support/process.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Pulled {
  readonly lease: string
  readonly attempt: number
  readonly event: { readonly seq: number }
}

async function startAt(t: TestContext, store: string) {
  const server = await startServerProcess(t, ['--store', store])
  const client = clientOf(server)
  const call = async (action: string, body: object) => {
    const response = await client.post(`/subscriptions/work/${action}`, JSON.stringify(body))
    assert.equal(response.status, 200)
    return response.json()
  }
  return {
    client,
    create: () =>
      client.get('/subscriptions/work', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ topics: ['>'], start: 'earliest', lease_ms: 3000, max_attempts: 2 }),
      }),
    pull: async (max: number) =>
      ((await call('pull', { max, wait_ms: 20_000 })) as { deliveries: Pulled[] }).deliveries,
    ack: async (deliveries: readonly Pulled[]) =>
      (await call('ack', { leases: deliveries.map(({ lease }) => lease) })) as { acked: number; refused: unknown[] },
    async kill() {
      server.child.kill('SIGKILL')
      await server.exited
    },
  }
}

const seqsOf = (deliveries: readonly Pulled[]) => deliveries.map(({ event }) => event.seq).sort((a, b) => a - b)

test('kill -9 between pull and ack: acks stay, and what was not acked is delivered again', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'a.db')}`
  const first = await startAt(t, store)
  await first.client.publish(...Array.from({ length: 10 }, () => wireEvent()))
  assert.equal((await first.create()).status, 201)
  const pulled = await first.pull(6)
  assert.deepEqual(seqsOf(pulled), [1, 2, 3, 4, 5, 6])
  assert.equal((await first.ack(pulled.slice(0, 3))).acked, 3)
  await first.kill()

  const second = await startAt(t, store)
  // The same ack again, as a worker sends it that got no answer.
  assert.deepEqual(await second.ack(pulled.slice(0, 3)), { acked: 3, refused: [] })
  const rest: Pulled[] = []
  while (rest.length < 7) rest.push(...(await second.pull(100)))
  assert.deepEqual(seqsOf(rest), [4, 5, 6, 7, 8, 9, 10])
  for (const { attempt, event } of rest) assert.equal(attempt, event.seq <= 6 ? 2 : 1)
  const stale = await second.ack(pulled.slice(3))
  assert.deepEqual([stale.acked, stale.refused.length], [0, 3])
  assert.equal((await second.ack(rest)).acked, 7)
  await second.kill()

  const third = await startAt(t, store)
  const state = await third.client.getJson('/subscriptions/work')
  assert.deepEqual([state.position, state.lag, state.in_flight], [10, 0, 0])
})
