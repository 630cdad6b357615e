/** A server with subscriptions over a memory store, and the calls that tests of them make. */
import type { TestContext } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import type { SubscriptionStore } from '../../src/core/subscription-store.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { type ServerOver, type ServerOverOptions, startServerOver, storeWith } from './server-over.ts'

export interface WireDelivery {
  readonly lease: string
  readonly attempt: number
  readonly lease_expires_at: string
  readonly event: { readonly seq: number; readonly event_id: string; readonly payload: unknown }
}

export interface SubscriptionServer extends ServerOver {
  readonly subscriptionStore: SubscriptionStore
  put(name: string, body: object): Promise<Response>
  /** POST below the subscription; the body as JSON, none when it is not given. */
  call(name: string, action: string, body?: object, init?: RequestInit): Promise<Response>
  /** The deliveries of a pull that must answer 200. */
  pull(name: string, body?: object): Promise<readonly WireDelivery[]>
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on what they read
  state(name: string): Promise<any>
}

export async function startSubscriptionServer(
  t: TestContext,
  options: Partial<ServerOverOptions> = {},
  calls: Partial<SubscriptionStore> = {},
): Promise<SubscriptionServer> {
  const clock = options.clock ?? systemClock
  const memory = openMemoryEventStore({ clock, leaseNowMs: clock.nowMs })
  const subscriptionStore = subscriptionStoreWith(memory.subscriptions, calls)
  const store = storeWith(memory, { subscriptions: subscriptionStore })
  const server = await startServerOver(t, { store, ...options })
  const json = { 'content-type': 'application/json' }
  const call: SubscriptionServer['call'] = (name, action, body, init = {}) =>
    fetch(`${server.url}/subscriptions/${name}/${action}`, {
      method: 'POST',
      ...(body !== undefined && { headers: json, body: JSON.stringify(body) }),
      ...init,
    })
  return {
    ...server,
    subscriptionStore,
    put: (name, body) =>
      fetch(`${server.url}/subscriptions/${name}`, { method: 'PUT', headers: json, body: JSON.stringify(body) }),
    call,
    async pull(name, body) {
      const answer = await call(name, 'pull', body)
      const text = await answer.text()
      if (answer.status !== 200) throw new Error(`pull answered ${answer.status}: ${text}`)
      return JSON.parse(text).deliveries
    },
    state: (name) => server.getJson(`/subscriptions/${name}`),
  }
}

/** The store with some of its calls replaced. */
function subscriptionStoreWith(store: SubscriptionStore, calls: Partial<SubscriptionStore>): SubscriptionStore {
  const bound: SubscriptionStore = {
    create: (name, settings, start) => store.create(name, settings, start),
    remove: (name) => store.remove(name),
    find: (name) => store.find(name),
    list: () => store.list(),
    count: () => store.count(),
    claim: (options) => store.claim(options),
    settle: (commands) => store.settle(commands),
    seek: (name, start) => store.seek(name, start),
    readDeadLetters: (query) => store.readDeadLetters(query),
    redrive: (name, seqs) => store.redrive(name, seqs),
    setFailingSince: (name, atMs) => store.setFailingSince(name, atMs),
    setPaused: (name, reason) => store.setPaused(name, reason),
  }
  return { ...bound, ...calls }
}
