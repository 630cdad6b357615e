/**
 * The one owner of time and order in a simulation. Everything that waits is a task here, and which one is next, and when, the
 * seed decides. Time passes only between tasks; each task runs with all that it makes runnable before the next begins.
 */
import type { Clock } from '../../src/core/clock.ts'
import { type Random, seededRandom } from '../random.ts'
import { Trace } from './trace.ts'

/** Tasks of the world outside outlive every crash; a process numbers its lives from 1. */
export const outside = 0

export interface Task {
  readonly name: string
  readonly dueMs: number
  /** Decides between tasks that are due at the same time. */
  readonly tie: number
  readonly life: number
  readonly run: () => void
  isOff: boolean
}

export interface RunLimits {
  /** Of virtual time, from now. */
  readonly maxMs: number
  readonly maxSteps: number
}

/** Taken before the simulation puts its own in their place. */
const nextTurn = globalThis.setImmediate
const startWallMs = Date.UTC(2026, 0, 1)

export class Scheduler {
  readonly random: Random
  readonly trace: Trace
  readonly clock: Clock
  /** The life of the process whose code runs; what it starts ends with it. */
  life = 1
  readonly #heap: Task[] = []
  #nowMs = 0
  #wallJumpMs = 0
  #lastTurnMs = 0

  constructor(seed: number, print?: (line: string) => void) {
    this.random = seededRandom(seed)
    this.trace = new Trace(print)
    this.clock = {
      nowMs: () => Math.floor(startWallMs + this.#wallJumpMs + this.#nowMs),
      monotonicMs: () => this.#nowMs,
    }
  }

  get nowMs(): number {
    return this.#nowMs
  }

  jumpWallClock(byMs: number): void {
    this.#wallJumpMs += byMs
  }

  note(what: string, value?: number): void {
    this.trace.note(what, this.#nowMs, value)
  }

  after(name: string, delayMs: number, run: () => void, life = outside): Task {
    // What others still do for a process that has ended, an answer for example, does not reach it.
    const isOff = life !== outside && life !== this.life
    const task = { name, dueMs: this.#nowMs + delayMs, tie: this.random.share(), life, run, isOff }
    push(this.#heap, task)
    return task
  }

  /** As `setImmediate`: after what runs now, in the order of the calls. */
  nextTurn(run: () => void, life: number): Task {
    this.#lastTurnMs = Math.max(this.#lastTurnMs + 1e-6, this.#nowMs + 0.05 * this.random.share())
    return this.after('turn', this.#lastTurnMs - this.#nowMs, run, life)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after('sleep', ms, resolve))
  }

  /** Ends the life of the process: nothing that it started happens any more. */
  endLife(): void {
    for (const task of this.#heap) if (task.life !== outside) task.isOff = true
    this.life++
  }

  /** What the process still waits for. */
  tasksOfLife(): string[] {
    return this.#heap.filter((task) => task.life === this.life && !task.isOff).map(({ name }) => name)
  }

  /** Runs one task after the other. @returns whether it was done before the limits were reached or nothing was left. */
  run(isDone: () => boolean, { maxMs, maxSteps }: RunLimits): Promise<boolean> {
    const untilMs = this.#nowMs + maxMs
    let steps = 0
    return new Promise((resolve, reject) => {
      const turn = () => {
        try {
          if (isDone()) return resolve(true)
          const task = this.#next()
          if (task === undefined || task.dueMs > untilMs || steps++ > maxSteps) return resolve(false)
          this.#nowMs = Math.max(this.#nowMs, task.dueMs)
          this.note(task.name, task.life)
          task.run()
          // The real event loop: promises are settled before the next task, as they are after each of its callbacks.
          nextTurn(turn)
        } catch (thrown) {
          reject(thrown)
        }
      }
      nextTurn(turn)
    })
  }

  #next(): Task | undefined {
    for (;;) {
      const task = pop(this.#heap)
      if (task === undefined || !task.isOff) return task
    }
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.tie < b.tie)
}

function push(heap: Task[], task: Task): void {
  let at = heap.length
  while (at > 0) {
    const parentAt = (at - 1) >>> 1
    const parent = heap[parentAt]
    if (parent === undefined || !isBefore(task, parent)) break
    heap[at] = parent
    at = parentAt
  }
  heap[at] = task
}

function pop(heap: Task[]): Task | undefined {
  const [first] = heap
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    let childAt = 2 * at + 1
    let child = heap[childAt]
    const right = heap[childAt + 1]
    if (child === undefined) break
    if (right !== undefined && isBefore(right, child)) [childAt, child] = [childAt + 1, right]
    if (!isBefore(child, last)) break
    heap[at] = child
    at = childAt
  }
  heap[at] = last
  return first
}
