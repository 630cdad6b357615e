/** Faults planted for test/lint.test.ts: promises that nobody waits for. Linted only there. */

import { systemClock } from '../../src/core/clock.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'

export function plantOwnMethod(): void {
  const store: EventStore = openMemoryEventStore({ clock: systemClock })
  store.checkWritable()
}

async function work(): Promise<void> {}

export function plantOwnFunction(): void {
  work()
}

export function plantCallback(): void {
  for (const each of [1, 2]) {
    ;[each].forEach(async () => {
      await work()
    })
  }
}
