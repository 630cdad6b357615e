/** How the live tail is. No DOM. */

export type TailState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `isGoodbye`: the server said that it stops; else the connection was lost. */
  | { readonly kind: 'reconnecting'; readonly atMs: number; readonly isGoodbye: boolean }
  | { readonly kind: 'stopped'; readonly reason: string }
