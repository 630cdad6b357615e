/** Events as the server sends them. */

/** A stored event; names as on the wire. */
export interface ReceivedEvent<P = Readonly<Record<string, unknown>>> {
  readonly topic: string
  readonly event_id: string
  /** ISO 8601, as the publisher sent it. */
  readonly timestamp: string
  readonly source: string
  readonly payload: P
  /** Grows in commit order. */
  readonly seq: number
  /** When it was committed, ISO 8601. */
  readonly processed_at: string
}

/** How JSON is read. Numbers that do not fit into a double lose digits in `JSON.parse`; a parser of your own keeps them. */
export type ParseJson = (text: string) => unknown
