/** What one check of a store has found so far: everything is counted, the first problems are described. */
import { type CheckReport, maxDescribedProblems } from '../core/store-verification.ts'

const maxNotes = 20

export class CheckLog {
  checked = 0
  readonly name: string
  readonly #unit: string
  readonly #described: string[] = []
  readonly #notes: string[] = []
  #problems = 0

  constructor(name: string, unit: string) {
    this.name = name
    this.#unit = unit
  }

  get problems(): number {
    return this.#problems
  }

  problem(text: string): void {
    this.#problems++
    if (this.#described.length < maxDescribedProblems) this.#described.push(text)
  }

  /** Problems that are not described. */
  more(problems: number): void {
    this.#problems += problems
  }

  /** A problem unless both are the same. */
  same(what: string, found: number, expected: number): void {
    this.checked++
    if (found !== expected) this.problem(`${what} is ${found}, but must be ${expected}`)
  }

  note(text: string): void {
    if (this.#notes.length < maxNotes) this.#notes.push(text)
  }

  report(): CheckReport {
    return {
      name: this.name,
      checked: this.checked,
      unit: this.#unit,
      problems: this.#problems,
      described: this.#described,
      notes: this.#notes,
    }
  }
}
