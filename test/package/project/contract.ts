/** The suite for stores, run by somebody who installed the package. */
import { openMemoryEventStore } from 'sekali'
import { eventStoreContract } from 'sekali/contract'

eventStoreContract('memory', {
  isDurable: false,
  prepare: () => async (clock) => openMemoryEventStore({ clock, leaseNowMs: clock.nowMs }),
})
