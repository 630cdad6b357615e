/** Bugs of the store on PostgreSQL. */
import type { SeededBug } from './seeded-bug.ts'

export const postgresBugs: readonly SeededBug[] = []
