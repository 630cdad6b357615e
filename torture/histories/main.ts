/**
 * Looks through random histories of the SQLite store in a process of its own: `node main.ts KIND SEED COUNT FOLDER`. Ends
 * with 1 at the first one in which the store does what the model does not, made as short as it gets, on standard output.
 */
import './small-store.ts'
import fc from 'fast-check'

const { openSqliteEventStore } = await import('../../src/stores/sqlite/sqlite-event-store.ts')
const { crashedHistory, runStoreHistory } = await import('./store-history.ts')
const { filePlace } = await import('./store-place.ts')
const { runSubscriptionHistory } = await import('./subscription-history.ts')
const { crashedDeliveries } = await import('./subscription-steps.ts')

const [kind, seed, count, folder = ''] = process.argv.slice(2)
const place = () => filePlace(folder, (file, clock) => openSqliteEventStore(file, { clock }))
const histories = {
  store: fc.asyncProperty(crashedHistory, async (steps) => {
    using file = place()
    await runStoreHistory(steps, file)
  }),
  subscriptions: fc.asyncProperty(crashedDeliveries, async (steps) => {
    using file = place()
    await runSubscriptionHistory(steps, file)
  }),
}
const parameters = { seed: Number(seed) | 0, numRuns: Number(count) }
const details =
  kind === 'store'
    ? await fc.check<unknown>(histories.store, parameters)
    : await fc.check<unknown>(histories.subscriptions, parameters)
if (details.failed) {
  const report = await fc.asyncDefaultReportMessage(details)
  process.stdout.write(`${report}\n${details.errorInstance}\n`)
  process.exitCode = 1
}
