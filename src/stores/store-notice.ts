/** What a store does on its own that people should know of. */
export interface StoreNotice {
  /** `error`: what was acknowledged is lost. */
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
}
