/** Events as the server sends them. */

/** A stored event; names as on the wire. */
export interface ReceivedEvent<P = Readonly<Record<string, unknown>>> {
  /** 1 to 255 characters. */
  readonly topic: string
  /** 1 to 128 characters; with `topic` the identity of the event. */
  readonly event_id: string
  /** ISO 8601, as the publisher sent it. */
  readonly timestamp: string
  /** Who published it first. */
  readonly source: string
  /** A JSON object, as `parseJson` reads it. */
  readonly payload: P
  /** Grows in commit order. */
  readonly seq: number
  /** When it was committed, ISO 8601. */
  readonly processed_at: string
}

/** How JSON is read. Numbers that do not fit into a double lose digits in `JSON.parse`; a parser of your own keeps them. */
export type ParseJson = (text: string) => unknown
