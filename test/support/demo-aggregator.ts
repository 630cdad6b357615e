/** An aggregator with an hour behind it, for those who look at the dashboard: tests and screenshots. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startAggregator } from '../../src/app/start-aggregator.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite/sqlite-event-store.ts'
import { writeDemoHistory } from './demo-history.ts'
import { createDemoSubscriptions } from './demo-subscriptions.ts'
import { clientOf } from './server.ts'

export interface DemoOptions {
  /** Where the store is made. */
  readonly folder: string
  /** How far back the history goes. */
  readonly spanMs: number
}

export interface DemoAggregator extends AsyncDisposable {
  readonly url: string
}

export async function startDemoAggregator({ folder, spanMs }: DemoOptions): Promise<DemoAggregator> {
  const path = join(folder, 'sekali.db')
  {
    await using store = await openSqliteEventStore(path, { clock: systemClock, onNotice: () => {} })
    await writeDemoHistory(store, Date.now(), spanMs)
  }
  await using opened = new AsyncDisposableStack()
  // Its receiver wants no more: push is paused.
  const receiver = createServer((_request, response) => response.writeHead(410).end())
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  opened.defer(() => void receiver.close())
  const aggregator = opened.use(await startAggregator({ port: 0, store: `sqlite:${path}`, isPrivatePushAllowed: true }))
  await createDemoSubscriptions(clientOf(aggregator), `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`)
  const resources = opened.move()
  return { url: aggregator.url, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
