/** A question that is asked again and again, and how long its answers took. */
import { Latencies } from '../src/cli/bench-latencies.ts'
import type { Getter } from './getter.ts'
import type { QueryCase } from './query-cases.ts'

/** One of the cases, and what its rounds gave. */
export interface Question {
  readonly name: string
  readonly budgetMs: number | undefined
  readonly idle: readonly Latencies[]
  readonly publishing: readonly Latencies[]
  /** The largest. */
  readonly answerBytes: number
}

export class AskedQuestion implements Question {
  readonly idle: Latencies[] = []
  readonly publishing: Latencies[] = []
  answerBytes = 0
  readonly #query: QueryCase

  constructor(query: QueryCase) {
    this.#query = query
  }

  get name(): string {
    return this.#query.name
  }

  get budgetMs(): number | undefined {
    return this.#query.budgetMs
  }

  get maxRequests(): number {
    return this.#query.maxRequests ?? Number.POSITIVE_INFINITY
  }

  startRound(): void {
    this.idle.push(new Latencies())
    this.publishing.push(new Latencies())
  }

  /** @returns milliseconds. @throws Error when the answer is wrong. */
  async ask(getter: Getter, number: number): Promise<number> {
    const path = this.#query.pathOf(number)
    const answer = await getter.get(path)
    if (!this.#query.isRight(answer, number)) {
      throw new Error(`GET /${path} has a wrong answer: ${answer.status} ${answer.body.toString('utf8', 0, 500)}`)
    }
    this.answerBytes = Math.max(this.answerBytes, answer.body.length)
    return answer.elapsedMs
  }
}

export interface Step {
  readonly question: AskedQuestion
  readonly number: number
}

/** All questions, and then all again; other numbers in every round. */
export function* stepsOf(
  questions: readonly AskedQuestion[],
  { repeat, requests }: { readonly repeat: number; readonly requests: number },
): Generator<Step> {
  for (let request = 0; request < requests; request++) {
    for (const question of questions) {
      if (request < question.maxRequests) yield { question, number: repeat * requests + request }
    }
  }
}
