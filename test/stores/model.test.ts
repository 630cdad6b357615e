/** Random histories of every store against a few Maps that say what a store is. */
import { test } from 'node:test'
import fc from 'fast-check'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { openPostgresEventStore } from '../../src/stores/postgres/postgres-event-store.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite/sqlite-event-store.ts'
import {
  crashedHistory,
  livingHistory,
  reopenedHistory,
  runStoreHistory,
} from '../../torture/histories/store-history.ts'
import { filePlace, placeWithoutCrashes } from '../../torture/histories/store-place.ts'
import { removeSharedPostgres, sharedPostgres } from '../support/postgres-server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('a memory store does in every history what the model does', () =>
  fc.assert(
    fc.asyncProperty(livingHistory, (history) =>
      runStoreHistory(
        history,
        placeWithoutCrashes(async (clock) => openMemoryEventStore({ clock })),
      ),
    ),
    { numRuns: 200 },
  ))

test('an SQLite store does in every history what the model does, however often it is reopened or crashes', async (t) => {
  const folder = temporaryFolder(t)
  await fc.assert(
    fc.asyncProperty(crashedHistory, async (history) => {
      using place = filePlace(folder, (file, clock) => openSqliteEventStore(file, { clock }))
      await runStoreHistory(history, place)
    }),
    { numRuns: 8 },
  )
})

test('a PostgreSQL store does in every history what the model does, however often it is reopened', async (t) => {
  t.after(removeSharedPostgres)
  const postgres = await sharedPostgres()
  await fc.assert(
    fc.asyncProperty(reopenedHistory, async (history) => {
      const url = await postgres.createDatabase()
      await runStoreHistory(
        history,
        placeWithoutCrashes(async (clock) => openPostgresEventStore(url, { clock })),
      )
    }),
    { numRuns: 10 },
  )
})
