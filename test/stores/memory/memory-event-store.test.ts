/** The contract, on the memory store. */
import { openMemoryEventStore } from '../../../src/stores/memory/memory-event-store.ts'
import { eventStoreContract } from '../../contract/event-store-contract.ts'

eventStoreContract('memory', {
  isDurable: false,
  prepare: () => async (clock) => openMemoryEventStore({ clock, leaseNowMs: clock.nowMs }),
})
