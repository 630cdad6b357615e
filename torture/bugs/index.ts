/** All seeded bugs, and what catches them. `test/seeded-bugs/` lets each be caught. */
import { coreBugs } from './core-bugs.ts'
import { postgresBugs } from './postgres-bugs.ts'
import type { SeededBug } from './seeded-bug.ts'
import { sqliteBugs } from './sqlite-bugs.ts'

export const seededBugs: readonly SeededBug[] = [...coreBugs, ...sqliteBugs, ...postgresBugs]
