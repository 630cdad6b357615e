/**
 * The SQLite store, made small while it is loaded: no threads, so that opening one takes milliseconds, and indexes whose runs
 * are so short that histories of a few dozen events flush and merge them. All else is as it ships.
 */
import { registerHooks } from 'node:module'
import { applyChange } from '../bugs/apply-change.ts'
import { sourceText } from '../bugs/source-text.ts'

const changes = [
  { file: 'src/stores/sqlite/stored-dedup-index.ts', find: 'geometryOf(18)', replace: 'geometryOf(6)' },
  { file: 'src/stores/sqlite/stored-time-index.ts', find: '2 ** 17', replace: '2 ** 5' },
]
const thread = new URL('../../src/stores/sqlite/thread.ts', import.meta.url).href
const sameThread = new URL('./same-thread.ts', import.meta.url).href
const byUrl = new Map(changes.map((change) => [new URL(`../../${change.file}`, import.meta.url).href, change]))

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context)
    return resolved.url === thread ? { ...resolved, url: sameThread } : resolved
  },
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const change = byUrl.get(url)
    if (change === undefined) return loaded
    return { ...loaded, source: applyChange({ name: 'the small store', ...change }, sourceText(loaded.source)) }
  },
})
