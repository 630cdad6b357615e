/** The contract, on the PostgreSQL store. */
import { after } from 'node:test'
import { openPostgresEventStore } from '../../../src/stores/postgres/postgres-event-store.ts'
import { eventStoreContract } from '../../contract/event-store-contract.ts'
import { removeSharedPostgres, sharedPostgres } from '../../support/postgres-server.ts'

after(removeSharedPostgres)

eventStoreContract('postgres', {
  isDurable: true,
  prepare: async () => {
    const url = await (await sharedPostgres()).createDatabase()
    return async (clock) => openPostgresEventStore(url, { clock, leaseNowMs: () => clock.nowMs() })
  },
})
