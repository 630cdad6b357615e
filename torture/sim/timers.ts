/**
 * The timers of the simulated process: `setTimeout` and its like, as the code under test finds them on `globalThis`. They
 * belong to the scheduler of the run that is under way. Only for a thread or a process that does nothing but simulate.
 */
import type { Scheduler, Task } from './scheduler.ts'

let current: Scheduler | undefined

/** What `setTimeout` returns. */
interface Timer {
  task: Task
  ref(): Timer
  unref(): Timer
}

/** From here on until `endTimers`, timers are those of this run. */
export function beginTimers(scheduler: Scheduler): void {
  current = scheduler
  Object.assign(globalThis, simulated)
}

export function endTimers(): void {
  current = undefined
  Object.assign(globalThis, real)
}

const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis
const real = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate }

const simulated = {
  setTimeout: <A extends unknown[]>(run: (...args: A) => void, ms = 1, ...args: A) =>
    timer(here().after('timer', lateness(ms), () => run(...args), here().life)),
  setInterval: (run: () => void, ms: number) => {
    const scheduler = here()
    const next = () => {
      run()
      if (!interval.task.isOff) interval.task = scheduler.after('interval', lateness(ms), next, scheduler.life)
    }
    const interval = timer(scheduler.after('interval', lateness(ms), next, scheduler.life))
    return interval
  },
  setImmediate: <A extends unknown[]>(run: (...args: A) => void, ...args: A) =>
    timer(here().nextTurn(() => run(...args), here().life)),
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
}

function here(): Scheduler {
  if (current === undefined) throw new Error('a timer of a simulation that is over')
  return current
}

/** Timers are never early, and late when the process is busy. */
function lateness(ms: number): number {
  const { random } = here()
  return Math.max(1, ms) + (random.share() < 0.1 ? maxLatenessMs : 1) * random.share()
}

export const maxLatenessMs = 20

function timer(task: Task): Timer {
  const handle: Timer = { task, ref: () => handle, unref: () => handle }
  return handle
}

function clear(handle: Timer | undefined): void {
  if (handle !== undefined) handle.task.isOff = true
}
