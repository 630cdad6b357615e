/** What a row of the table `received_rate` counts, as numbers. */

export const rateKinds = { total: 0, topic: 1, source: 2 } as const
