/** A build that is larger than its budget fails: what a browser loads first, in bytes after gzip. */
import { gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

export interface Budget {
  /** The entry and what it imports at once. */
  readonly maxScriptBytes: number
  readonly maxStyleBytes: number
}

export function budgetCheck({ maxScriptBytes, maxStyleBytes }: Budget): Plugin {
  return {
    name: 'budget-check',
    apply: 'build',
    writeBundle(_, bundle) {
      const initial = new Set<string>()
      const add = (name: string): void => {
        const chunk = bundle[name]
        if (initial.has(name) || chunk?.type !== 'chunk') return
        initial.add(name)
        for (const imported of chunk.imports) add(imported)
      }
      for (const [name, output] of Object.entries(bundle)) if (output.type === 'chunk' && output.isEntry) add(name)
      let scriptBytes = 0
      let styleBytes = 0
      for (const [name, output] of Object.entries(bundle)) {
        if (output.type === 'chunk' && initial.has(name)) scriptBytes += gzipSync(output.code).length
        // All style sheets count: a screen's own comes with its first visit.
        if (output.type === 'asset' && name.endsWith('.css')) styleBytes += gzipSync(output.source).length
      }
      this.info(
        `initial JavaScript ${scriptBytes} B of ${maxScriptBytes}, CSS ${styleBytes} B of ${maxStyleBytes} (gzip)`,
      )
      if (scriptBytes === 0) this.error('no entry was found: the budget measures nothing')
      if (scriptBytes > maxScriptBytes) this.error(`initial JavaScript is ${scriptBytes} B, budget ${maxScriptBytes}`)
      if (styleBytes > maxStyleBytes) this.error(`CSS is ${styleBytes} B, budget ${maxStyleBytes}`)
    },
  }
}
