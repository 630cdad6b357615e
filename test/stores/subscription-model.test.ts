/** Random histories of the subscriptions of every store against plain objects that say what a subscription is. */
import { test } from 'node:test'
import fc from 'fast-check'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { openPostgresEventStore } from '../../src/stores/postgres/postgres-event-store.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite/sqlite-event-store.ts'
import { filePlace, placeWithoutCrashes } from '../../torture/histories/store-place.ts'
import { runSubscriptionHistory } from '../../torture/histories/subscription-history.ts'
import { crashedDeliveries, livingDeliveries, reopenedDeliveries } from '../../torture/histories/subscription-steps.ts'
import { removeSharedPostgres, sharedPostgres } from '../support/postgres-server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('subscriptions in memory do in every history what the model does', () =>
  fc.assert(
    fc.asyncProperty(livingDeliveries, (history) =>
      runSubscriptionHistory(
        history,
        placeWithoutCrashes(async (clock) => openMemoryEventStore({ clock, leaseNowMs: clock.nowMs })),
      ),
    ),
    { numRuns: 2000 },
  ))

test('subscriptions in SQLite do in every history what the model does, however often they are reopened or crash', async (t) => {
  const folder = temporaryFolder(t)
  await fc.assert(
    fc.asyncProperty(fc.oneof(reopenedDeliveries, crashedDeliveries), async (history) => {
      using place = filePlace(folder, (file, clock) => openSqliteEventStore(file, { clock, leaseNowMs: clock.nowMs }))
      await runSubscriptionHistory(history, place)
    }),
    { numRuns: 12 },
  )
})

test('subscriptions in PostgreSQL do in every history what the model does, however often they are reopened', async (t) => {
  t.after(removeSharedPostgres)
  const postgres = await sharedPostgres()
  await fc.assert(
    fc.asyncProperty(reopenedDeliveries, async (history) => {
      const url = await postgres.createDatabase()
      const place = placeWithoutCrashes(async (clock) =>
        openPostgresEventStore(url, { clock, leaseNowMs: () => clock.nowMs() }),
      )
      await runSubscriptionHistory(history, place)
    }),
    { numRuns: 8 },
  )
})
