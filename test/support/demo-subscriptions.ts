/** Subscriptions in every state that the dashboard shows: up to date, behind, with dead letters, paused, not begun. */
import type { TestServer } from './server.ts'

type Client = Pick<TestServer, 'url' | 'post'>

interface Lease {
  readonly lease: string
}

/** @param deadPushUrl answers 410: push there is paused. */
export async function createDemoSubscriptions(client: Client, deadPushUrl?: string): Promise<void> {
  await create(client, 'analytics', { topics: ['>'], start: 'earliest' })
  await work(client, 'analytics', 400)
  await create(client, 'billing', { topics: ['orders.>', 'payments.>'], start: 'earliest', max_attempts: 1 })
  await work(client, 'billing', 200)
  await giveUp(client, 'billing', [
    'no invoice for order 417203',
    'HTTP 500 from ledger: {"error":"account is closed"}',
    '',
  ])
  await create(client, 'mailer', { topics: ['invoices.sent'], start: 'latest' })
  await create(client, 'stock-sync', { topics: ['stock.*'], start: 'earliest' })
  await pull(client, 'stock-sync', 25)
  if (deadPushUrl === undefined) return
  const push = { url: deadPushUrl, secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }
  await create(client, 'warehouse-webhook', { topics: ['stock.moved'], start: 'earliest', push })
}

async function create({ url }: Client, name: string, settings: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/subscriptions/${name}`, { method: 'PUT', headers, body: JSON.stringify(settings) })
  if (!answer.ok) throw new Error(await answer.text())
}

async function pull(client: Client, name: string, max: number): Promise<string[]> {
  const answer = await client.post(`/subscriptions/${name}/pull`, JSON.stringify({ max }))
  const { deliveries } = (await answer.json()) as { deliveries: Lease[] }
  return deliveries.map(({ lease }) => lease)
}

async function work(client: Client, name: string, max: number): Promise<void> {
  const leases = await pull(client, name, max)
  await client.post(`/subscriptions/${name}/ack`, JSON.stringify({ leases }))
}

async function giveUp(client: Client, name: string, reasons: readonly string[]): Promise<void> {
  for (const reason of reasons) {
    const leases = await pull(client, name, 1)
    await client.post(`/subscriptions/${name}/nack`, JSON.stringify({ leases, reason }))
  }
}
