/** Where the runtime ends when nothing is left to do (Node): says that something is. All timers of the client are unref'd. */

const longMs = 2 ** 30

/** The longest that a timer can hold, almost 25 days. One that is told more fires at once. */
export const maxTimerMs = 2 ** 31 - 1

export class ProcessHold {
  #timer: ReturnType<typeof setInterval> | undefined

  set(state: 'held' | 'free'): void {
    if (state === 'held') this.#timer ??= setInterval(() => {}, longMs)
    else {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }
}

/** In browsers a timer is a number. */
export function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
