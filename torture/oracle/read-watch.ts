/** Reads all the time while something fails: they go on, or say clearly why not. */

const paths = ['/events?limit=20', '/stats', '/topics', '/duplicates?limit=20', '/events?order=seq&limit=20&q=nothing']
const timeoutMs = 10_000
/** Of violations, which are alike. */
const maxNamed = 5

export interface ReadWatch {
  /** Ends with the answer under way. @returns answers that must not come. */
  stop(): Promise<string[]>
}

export interface ReadWatchOptions {
  readonly url: string
  /** A read may be answered 503 with a problem, or never. */
  readonly refusals: 'clear' | 'never'
}

export function watchReads({ url, refusals }: ReadWatchOptions): ReadWatch {
  const violations: string[] = []
  let isStopped = false
  const read = async (path: string): Promise<boolean> => {
    let answer: Response
    let text: string
    try {
      answer = await fetch(url + path, { signal: AbortSignal.timeout(timeoutMs) })
      text = await answer.text()
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'TimeoutError')
        violations.push(`GET ${path} got no answer in ${timeoutMs} ms`)
      return false
    }
    if (answer.status === 200) return true
    const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json') === true
    const isClear = answer.status === 503 && isProblem && answer.headers.has('retry-after')
    if (refusals === 'never' || !isClear) {
      violations.push(`GET ${path} was answered ${answer.status}: ${text}`)
    }
    return true
  }
  const reading = (async () => {
    for (let at = 0; !isStopped && violations.length < maxNamed; at++) {
      if (!(await read(paths[at % paths.length] ?? ''))) return
    }
  })()
  return {
    async stop() {
      isStopped = true
      await reading
      return violations
    },
  }
}
