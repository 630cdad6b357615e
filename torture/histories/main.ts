/**
 * Looks through random histories of the SQLite store in a process of its own: `node main.ts KIND SEED COUNT FOLDER`. Ends
 * with 1 at the first one in which the store does what the model does not, made as short as it gets, on standard output.
 */
import './small-store.ts'
import fc from 'fast-check'
import type { StorePlace } from './store-place.ts'

const { openSqliteEventStore } = await import('../../src/stores/sqlite/sqlite-event-store.ts')
const { crashedHistory, runStoreHistory } = await import('./store-history.ts')
const { filePlace } = await import('./store-place.ts')
const { runSubscriptionHistory } = await import('./subscription-history.ts')
const { crashedDeliveries } = await import('./subscription-steps.ts')

/** For making the history shorter in which a failure was found. */
const maxShrinkMs = 30_000

const [kind, seed, count, folder = ''] = process.argv.slice(2)
let shrinkEndsAtMs = Number.POSITIVE_INFINITY

function propertyOf<Steps>(history: fc.Arbitrary<Steps>, run: (steps: Steps, place: StorePlace) => Promise<void>) {
  return fc.asyncProperty(history, async (steps) => {
    // What counts as held is not made shorter any more.
    if (performance.now() > shrinkEndsAtMs) return
    using place = filePlace(folder, (file, clock) => openSqliteEventStore(file, { clock, leaseNowMs: clock.nowMs }))
    try {
      await run(steps, place)
    } catch (thrown) {
      shrinkEndsAtMs = Math.min(shrinkEndsAtMs, performance.now() + maxShrinkMs)
      throw thrown
    }
  })
}

const parameters = { seed: Number(seed) | 0, numRuns: Number(count) }
const details =
  kind === 'store'
    ? await fc.check<unknown>(propertyOf(crashedHistory, runStoreHistory), parameters)
    : await fc.check<unknown>(propertyOf(crashedDeliveries, runSubscriptionHistory), parameters)
if (details.failed) {
  const report = await fc.asyncDefaultReportMessage(details)
  process.stdout.write(`${report}\n${details.errorInstance}\n`)
  process.exitCode = 1
}
