/**
 * The hook: `SEKALI_SEEDED_BUG=name node --import ./torture/bugs/register.ts …` runs a program with that bug in it. Worker
 * threads of the program are started with the same arguments, and so have it as well.
 */
import { registerHooks } from 'node:module'
import { applyChange } from './apply-change.ts'
import { seededBugs } from './index.ts'
import { bugVariable } from './seeded-bug.ts'
import { sourceText } from './source-text.ts'

const name = process.env[bugVariable] ?? ''
const bug = seededBugs.find((each) => each.name === name)
if (bug === undefined) throw new Error(`there is no seeded bug "${name}"; ${bugVariable} names one`)
const changed = new URL(`../../${bug.file}`, import.meta.url).href

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (url !== changed) return loaded
    return { ...loaded, source: applyChange(bug, sourceText(loaded.source)) }
  },
})
