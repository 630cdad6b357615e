/** What a hook is given of a module. */
import type { ModuleSource } from 'node:module'

export function sourceText(source: ModuleSource | undefined): string {
  if (source === undefined) throw new Error('a module was loaded without its source')
  return typeof source === 'string' ? source : new TextDecoder().decode(source)
}
