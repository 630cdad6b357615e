/** The checker's side of the load: starts the process and tells it what to do. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadCommand, LoadOptions, LoadReply } from './load/load-protocol.ts'

const path = fileURLToPath(new URL('./load/main.ts', import.meta.url))

export interface LoadProcess extends AsyncDisposable {
  /** Resolves when it has done what the command says; `run` has then begun. @throws Error when it cannot. */
  tell(command: LoadCommand): Promise<void>
}

export function startLoad(options: LoadOptions): LoadProcess {
  const child = fork(path, [JSON.stringify(options)], { stdio: 'inherit', execArgv: [] })
  const exited = once(child, 'exit')
  const failed = exited.then(([code, signal]) => {
    throw new Error(`the load process ended with ${signal ?? code}`)
  })
  failed.catch(() => {})
  return {
    async tell(command) {
      const replied = once(child, 'message')
      child.send(command)
      const [reply]: LoadReply[] = await Promise.race([replied, failed])
      if (reply?.kind !== 'done') throw new Error(`the load could not ${command.kind}: ${reply?.text}`)
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
