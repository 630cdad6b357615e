/** The contract, on the SQLite store. */
import { join } from 'node:path'
import { openSqliteEventStore } from '../../../src/stores/sqlite/sqlite-event-store.ts'
import { eventStoreContract } from '../../contract/event-store-contract.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

eventStoreContract('sqlite', {
  isDurable: true,
  prepare: (t) => {
    const path = join(temporaryFolder(t), 'events.db')
    return (clock) => openSqliteEventStore(path, { clock, leaseNowMs: clock.nowMs })
  },
})
