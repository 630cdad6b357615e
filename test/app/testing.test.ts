import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestAggregator } from '../../src/app/testing.ts'
import { Publisher } from '../../src/client/index.ts'

test('an aggregator is there in one line, and gone at the end of its block', async () => {
  let url: string
  {
    await using server = await startTestAggregator()
    url = server.url
    await using publisher = new Publisher({ url, topic: 'orders.created', source: 'test' })
    assert.deepEqual(await publisher.publish({ payload: { cents: 1200 } }), { status: 'stored', seq: 1 })
  }
  await assert.rejects(fetch(url))
})
