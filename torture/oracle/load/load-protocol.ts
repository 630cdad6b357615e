/** What the load process is started with and told. */

export interface LoadOptions {
  readonly seed: number
  /** Where it records. */
  readonly file: string
  /** Connections of publishers, one publisher on each. */
  readonly publishers: number
}

export interface LoadCommand {
  /**
   * `run`: publish, tail and work until told to rest. `rest`: end all requests. `settle`: send again what has no ack, read and work.
   * `resend`: send everything once more.
   */
  readonly kind: 'run' | 'rest' | 'settle' | 'resend'
  /** Of the server. */
  readonly url: string
  /** While it runs: stop the server in the moment of an ack, when its promise is youngest. */
  readonly strike?: Strike
}

export interface Strike {
  readonly serverPid: number
  /** Acknowledged events from the start of the run on. */
  readonly afterAcks: number
}

export type LoadReply = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly text: string }

export function parseLoadOptions(text = ''): LoadOptions {
  return JSON.parse(text) as LoadOptions
}
