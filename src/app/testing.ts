/**
 * The entry `sekali/testing`: an aggregator for the tests of your own program, which leaves nothing behind.
 *
 * @module sekali/testing
 */
import { type Aggregator, startAggregator } from './start-aggregator.ts'

export type { Aggregator } from './start-aggregator.ts'

/**
 * A whole server in this process, in memory, on a free port of the loopback interface.
 *
 * ```ts
 * await using server = await startTestAggregator()
 * await using publisher = new Publisher({ url: server.url, topic: 'orders.created', source: 'test' })
 * ```
 */
export async function startTestAggregator(): Promise<Aggregator> {
  return startAggregator({ port: 0, host: '127.0.0.1', store: 'memory:', isPrivatePushAllowed: true })
}
