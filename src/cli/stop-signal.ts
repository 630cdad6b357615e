/** Ctrl-C and `kill`: the first asks to stop after what is under way, a later one ends the process at once. */

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const

/** npx passes Ctrl-C on to a process that got it from the terminal already; those two count as one. */
const sameKeyPressMs = 300

export interface StopSignal extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** 128 + the signal's number, as a shell would say; undefined while nobody asked. */
  readonly exitCode: number | undefined
}

export function listenForStop(): StopSignal {
  const controller = new AbortController()
  let exitCode: number | undefined
  let askedAtMs = 0
  const onSignal = (name: NodeJS.Signals) => {
    if (exitCode !== undefined && performance.now() - askedAtMs > sameKeyPressMs) process.exit(exitCode)
    if (exitCode !== undefined) return
    exitCode = 128 + signalNumbers[name as keyof typeof signalNumbers]
    askedAtMs = performance.now()
    controller.abort(new Error(`stopped by ${name}`))
  }
  for (const name of Object.keys(signalNumbers)) process.on(name, onSignal)
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode
    },
    [Symbol.dispose]() {
      for (const name of Object.keys(signalNumbers)) process.off(name, onSignal)
    },
  }
}
