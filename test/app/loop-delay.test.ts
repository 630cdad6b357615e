import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openLoopDelay } from '../../src/app/loop-delay.ts'

test('an event loop that was held up says so, to everybody who asks', async () => {
  using loop = openLoopDelay()
  // Not a time to wait: it is tried until the loop has been seen late.
  while (loop.p99Ms() < 50) {
    const endMs = performance.now() + 100
    while (performance.now() < endMs);
    await delay(1)
  }
  assert.ok(loop.p99Ms() >= 50)
})
