/** What answers look like, as types: for the dashboard and other programs in TypeScript. */
import type { Static } from 'typebox'
import type {
  duplicatePageSchema,
  eventPageSchema,
  eventSchema,
  publishAckSchema,
  statsSchema,
  topicsSchema,
} from './schemas.ts'
import type {
  copiesSchema,
  duplicatedEventsSchema,
  duplicateSourcesSchema,
  histogramSchema,
  ratesSchema,
  systemSchema,
} from './schemas-statistics.ts'
import type { deadLetterPageSchema, subscriptionListSchema, subscriptionSchema } from './schemas-subscriptions.ts'

export type PublishAck = Static<typeof publishAckSchema>
export type EventAnswer = Static<typeof eventSchema>
export type EventPageAnswer = Static<typeof eventPageSchema>
export type StatsAnswer = Static<typeof statsSchema>
export type TopicsAnswer = Static<typeof topicsSchema>
export type TopicAnswer = TopicsAnswer['topics'][number]
export type DuplicatePageAnswer = Static<typeof duplicatePageSchema>
export type DuplicateAnswer = DuplicatePageAnswer['duplicates'][number]
export type HistogramAnswer = Static<typeof histogramSchema>
export type RatesAnswer = Static<typeof ratesSchema>
export type RateSeriesAnswer = NonNullable<RatesAnswer['series']>[number]
export type CopiesAnswer = Static<typeof copiesSchema>
export type DuplicatedEventsAnswer = Static<typeof duplicatedEventsSchema>
export type DuplicatedEventAnswer = DuplicatedEventsAnswer['events'][number]
export type DuplicateSourcesAnswer = Static<typeof duplicateSourcesSchema>
export type DuplicateSourceAnswer = DuplicateSourcesAnswer['sources'][number]
export type SystemAnswer = Static<typeof systemSchema>
export type SubscriptionAnswer = Static<typeof subscriptionSchema>
export type SubscriptionsAnswer = Static<typeof subscriptionListSchema>
export type DeadLettersAnswer = Static<typeof deadLetterPageSchema>
