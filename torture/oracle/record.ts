/**
 * The lines of the oracle's file: what the load did and what it was told, in the order in which it happened. A key has no
 * space in it.
 */
import { closeSync, openSync, writeSync } from 'node:fs'

export type Status = 'stored' | 'duplicate' | 'conflict'

export type OracleRecord =
  /** About to be sent; `digest` is that of its content. */
  | { readonly kind: 'sent'; readonly key: string; readonly digest: string }
  | { readonly kind: 'acked'; readonly key: string; readonly status: Status; readonly seq: number }
  /** The connection was lost or the answer did not come in time: it may be stored or not. */
  | { readonly kind: 'unknown'; readonly key: string }
  /** Answered with a status that tells the publisher to try again. */
  | { readonly kind: 'refused'; readonly key: string; readonly status: number }
  /** A live tail has shown it. */
  | { readonly kind: 'tailed'; readonly tail: string; readonly seq: number; readonly key: string }
  | {
      readonly kind: 'delivered'
      readonly subscription: string
      readonly seq: number
      readonly attempt: number
      readonly key: string
    }
  /** An ack of a delivery is about to be sent. */
  | { readonly kind: 'acking'; readonly subscription: string; readonly seq: number }
  /** The server has confirmed it. */
  | { readonly kind: 'done'; readonly subscription: string; readonly seq: number }
  /** An answer that must not come, in words. */
  | { readonly kind: 'wrong'; readonly text: string }

export function lineOf(record: OracleRecord): string {
  switch (record.kind) {
    case 'sent':
      return `S ${record.key} ${record.digest}`
    case 'acked':
      return `A ${record.key} ${record.status} ${record.seq}`
    case 'unknown':
      return `U ${record.key}`
    case 'refused':
      return `R ${record.key} ${record.status}`
    case 'tailed':
      return `T ${record.tail} ${record.seq} ${record.key}`
    case 'delivered':
      return `D ${record.subscription} ${record.seq} ${record.attempt} ${record.key}`
    case 'acking':
      return `Q ${record.subscription} ${record.seq}`
    case 'done':
      return `K ${record.subscription} ${record.seq}`
    case 'wrong':
      return `X ${record.text.replaceAll('\n', ' ')}`
  }
}

/** @throws Error when it is not such a line. */
export function parseLine(line: string): OracleRecord {
  const [letter, first = '', second = '', third = '', fourth = ''] = line.split(' ')
  switch (letter) {
    case 'S':
      return { kind: 'sent', key: first, digest: second }
    case 'A':
      return { kind: 'acked', key: first, status: parseStatus(second), seq: Number(third) }
    case 'U':
      return { kind: 'unknown', key: first }
    case 'R':
      return { kind: 'refused', key: first, status: Number(second) }
    case 'T':
      return { kind: 'tailed', tail: first, seq: Number(second), key: third }
    case 'D':
      return { kind: 'delivered', subscription: first, seq: Number(second), attempt: Number(third), key: fourth }
    case 'Q':
      return { kind: 'acking', subscription: first, seq: Number(second) }
    case 'K':
      return { kind: 'done', subscription: first, seq: Number(second) }
    case 'X':
      return { kind: 'wrong', text: line.slice(2) }
    default:
      throw new Error(`not a line of an oracle's file: ${line}`)
  }
}

function parseStatus(text: string): Status {
  if (text === 'stored' || text === 'duplicate' || text === 'conflict') return text
  throw new Error(`not a status of an event: ${text}`)
}

export interface Recorder extends Disposable {
  /** The lines are with the system when it returns: they outlive this process. */
  write(records: readonly OracleRecord[]): void
}

export function openRecorder(path: string): Recorder {
  const fd = openSync(path, 'a')
  return {
    write(records) {
      if (records.length > 0) writeSync(fd, records.map((record) => `${lineOf(record)}\n`).join(''))
    },
    [Symbol.dispose]: () => closeSync(fd),
  }
}
