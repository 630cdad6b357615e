/** What a store does on its own that people should know of. */
export interface StoreNotice {
  readonly level: 'info' | 'warn'
  readonly text: string
}
