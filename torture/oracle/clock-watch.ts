/** What must not change when the wall clock is set: how long leases, delays and the process have lasted. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

/** Longer than a trial, and much shorter than a jump. */
const leaseMs = 120_000
const delayMs = 400
const pollMs = 50
const maxDelayMs = 20_000
const maxUptimeSeconds = 300
/** The clock is at most so far from the real time. */
const maxAwayMs = 367 * 24 * 60 * 60 * 1000

export interface LeaseProbe {
  /** To be called after the clock was set; removes what the probe has made. */
  findFaults(): Promise<string[]>
}

interface Delivery {
  readonly lease: string
  readonly attempt: number
  readonly lease_expires_at: string
  readonly event: { readonly seq: number }
}

/** Leases two events, to a subscription of its own, and gives one of them back for a while. */
export async function openLeaseProbe(url: string): Promise<LeaseProbe> {
  const place = `${url}/subscriptions/probe-${randomUUID()}`
  await call('PUT', place, { start: 'earliest', topics: ['>'], lease_ms: leaseMs, max_attempts: 2 })
  const pull = async (max: number, waitMs: number): Promise<Delivery[]> => {
    const { deliveries } = await call<{ deliveries: Delivery[] }>('POST', `${place}/pull`, { max, wait_ms: waitMs })
    return deliveries
  }
  const held: Delivery[] = []
  while (held.length < 2) held.push(...(await pull(2 - held.length, 1000)))
  const [first, second] = held
  if (first === undefined || second === undefined) throw new Error('nothing was leased')
  await call('POST', `${place}/nack`, { leases: [second.lease], delay_ms: delayMs, reason: 'later' })
  return {
    async findFaults() {
      const faults: string[] = []
      const again: Delivery[] = []
      for (let waitedMs = 0; !again.some(isSecond) && waitedMs < maxDelayMs; waitedMs += pollMs) {
        again.push(...(await pull(1000, 0)))
        if (!again.some(isSecond)) await pause(pollMs)
      }
      if (!again.some(isSecond)) faults.push(`what was nacked for ${delayMs} ms is not there after ${maxDelayMs} ms`)
      if (again.some(({ event }) => event.seq === first.event.seq)) {
        faults.push(`a lease of ${leaseMs} ms has run out at once`)
      }
      const { acked, refused } = await call<{ acked: number; refused: object[] }>('POST', `${place}/ack`, {
        leases: [first.lease],
      })
      if (acked !== 1) faults.push(`the ack of a lease that lasts was refused: ${JSON.stringify(refused)}`)
      const state = await call<{ dead_letters: number }>('GET', place)
      if (state.dead_letters !== 0) faults.push(`${state.dead_letters} events became dead letters`)
      await call('DELETE', place)
      return faults
    },
  }

  function isSecond({ event }: Delivery): boolean {
    return event.seq === second?.event.seq
  }
}

/** What the server says of times while its clock is wrong. */
export async function findClockFaults(url: string): Promise<string[]> {
  const faults: string[] = []
  for (const path of ['/stats', '/system']) {
    const { uptime_seconds: uptime } = await call<{ uptime_seconds: number }>('GET', url + path)
    if (!(uptime >= 0 && uptime < maxUptimeSeconds)) faults.push(`${path} says that the server runs for ${uptime} s`)
  }
  for (const path of ['/rates', '/rates?by=topic', '/events/histogram', '/health', '/metrics']) {
    const { status } = await fetch(url + path)
    if (status !== 200) faults.push(`GET ${path} was answered ${status}`)
  }
  const { events } = await call<{ events: { seq: number; processed_at: string }[] }>(
    'GET',
    `${url}/events?order=seq&limit=1000`,
  )
  for (const { seq, processed_at: at } of events) {
    if (!(Math.abs(Date.parse(at) - Date.now()) < maxAwayMs)) faults.push(`seq ${seq} was processed at ${at}`)
  }
  return faults
}

async function call<T = unknown>(method: string, url: string, body?: object): Promise<T> {
  const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const answer = await fetch(url, { method, ...init })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${url} was answered ${answer.status}: ${text}`)
  return parseAnswer(text)
}

function parseAnswer<T>(text: string): T {
  return (text === '' ? undefined : JSON.parse(text)) as T
}
