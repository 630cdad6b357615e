/** The calls about subscriptions that the writer thread and the reader threads answer. */
import type { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../../../core/clock.ts'
import { openClaimWriter } from './claim-writer.ts'
import { openDeadLetters } from './dead-letters.ts'
import { openDiscards } from './discards.ts'
import { openLeaseBounds } from './lease-bounds.ts'
import { openSettleWriter } from './settle-writer.ts'
import { openSubscriptionReader } from './subscription-reader.ts'
import { openSubscriptionWriter } from './subscription-writer.ts'

export type SubscriptionWriterMethods = ReturnType<typeof openSubscriptionWriting>['methods']
export type SubscriptionReaderMethods = ReturnType<typeof subscriptionReaderMethods>

export function openSubscriptionWriting(db: DatabaseSync) {
  const discards = openDiscards(db)
  const deadLetters = openDeadLetters(db)
  const { create, remove, seek, setPaused, setFailingSince, advance } = openSubscriptionWriter(db, discards)
  return {
    methods: {
      createSubscription: create,
      removeSubscription: remove,
      seekSubscription: seek,
      pauseSubscription: setPaused,
      setFailingSince,
      advanceSubscriptions: advance,
      claimDeliveries: openClaimWriter(db, deadLetters).claim,
      settleDeliveries: openSettleWriter(db, deadLetters).settle,
      redrive: deadLetters.redrive,
      boundLeases: openLeaseBounds(db).bound,
    },
    purgeSome: discards.purgeSome,
  }
}

export function subscriptionReaderMethods(db: DatabaseSync) {
  const { find, list, count, look, readDeadLetters } = openSubscriptionReader(db, systemClock)
  return {
    findSubscription: find,
    listSubscriptions: list,
    countSubscriptions: count,
    lookForDeliveries: look,
    readDeadLetters,
  }
}
