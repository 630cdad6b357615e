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
   * `run`: publish, tail and work until told to rest. `rest`: end all requests. `settle`: send again what has no ack.
   * `resend`: send everything once more.
   */
  readonly kind: 'run' | 'rest' | 'settle' | 'resend'
  /** Of the server. */
  readonly url: string
}

export type LoadReply = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly text: string }

export function parseLoadOptions(text = ''): LoadOptions {
  return JSON.parse(text) as LoadOptions
}
