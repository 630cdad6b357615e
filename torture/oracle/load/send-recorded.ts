/** One publish request, recorded before it is sent and when its fate is known. */
import type { OracleRecord, Recorder } from '../record.ts'
import { digestOf, eventJson, eventOf } from '../sent-event.ts'
import type { Connections } from './http-calls.ts'

/** `refused`: to be tried again. `lost`: nobody knows. */
export type Outcome = 'acked' | 'refused' | 'lost'

export interface Sending {
  readonly url: string
  readonly keys: readonly string[]
  readonly connections: Connections
  readonly recorder: Recorder
}

export async function sendRecorded({ url, keys, connections, recorder }: Sending): Promise<Outcome> {
  const events = keys.map(eventOf)
  recorder.write(keys.map((key, index) => sentRecord(key, events[index])))
  const [first = '', ...others] = events.map(eventJson)
  const body = others.length === 0 ? first : `{"events":[${[first, ...others].join(',')}]}`
  try {
    const answer = await connections.call({ url: `${url}/publish?results=all`, method: 'POST', body })
    const isAcked = answer.status === 202
    recorder.write(isAcked ? parseAcks(keys, answer.body) : refusals(keys, answer.status, answer.body))
    return isAcked ? 'acked' : 'refused'
  } catch {
    recorder.write(keys.map((key) => ({ kind: 'unknown', key })))
    return 'lost'
  }
}

function sentRecord(key: string, event = eventOf(key)): OracleRecord {
  return { kind: 'sent', key, digest: digestOf(event) }
}

function refusals(keys: readonly string[], status: number, body: string): OracleRecord[] {
  const records: OracleRecord[] = keys.map((key) => ({ kind: 'refused', key, status }))
  if (status !== 503) records.push({ kind: 'wrong', text: `POST /publish was answered ${status}: ${body}` })
  return records
}

function parseAcks(keys: readonly string[], body: string): OracleRecord[] {
  const { results } = JSON.parse(body) as { results: { status: 'stored' | 'duplicate' | 'conflict'; seq: number }[] }
  if (results.length !== keys.length) {
    return [{ kind: 'wrong', text: `${keys.length} events were answered with ${results.length} results` }]
  }
  return results.map(({ status, seq }, index) => ({ kind: 'acked', key: keys[index] ?? '', status, seq }))
}
