/** What a screen shows of the server: loaded, kept while it is loaded again, and reloaded as long as somebody looks. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { ApiError } from './client.ts'

export interface Resource<T> {
  /** The last that was loaded; it stays when a later load goes wrong. */
  readonly found: T | undefined
  /** Why the last load went wrong; undefined after one that did not. */
  readonly error: ApiError | undefined
  readonly isLoading: boolean
  reload(): void
}

export interface ResourceOptions {
  /** Loads again after this long; undefined: once. A hidden tab waits until it is looked at. */
  readonly everyMs?: number | undefined
}

/**
 * @param key what is asked for, as text: another key is another question, and what was found for the old one goes; undefined
 *   asks for nothing.
 */
export function useResource<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
  { everyMs }: ResourceOptions = {},
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, 'reload'> & { readonly key: string | undefined }>(
    nothingFor(key),
  )
  const [round, setRound] = useState(0)
  const latestLoad = useRef(load)
  latestLoad.current = load

  useEffect(() => {
    if (key === undefined) return
    const gone = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const run = async (): Promise<void> => {
      setState((before) =>
        before.key === key ? { ...before, isLoading: true } : { ...nothingFor<T>(key), isLoading: true },
      )
      try {
        const found = await latestLoad.current(gone.signal)
        if (!gone.signal.aborted) setState({ key, found, error: undefined, isLoading: false })
      } catch (error) {
        if (!gone.signal.aborted) setState((before) => ({ ...before, error: error as ApiError, isLoading: false }))
      }
      if (everyMs !== undefined && !gone.signal.aborted) timer = setTimeout(again, everyMs)
    }
    const again = (): void => {
      if (document.hidden)
        document.addEventListener('visibilitychange', () => void run(), { once: true, signal: gone.signal })
      else void run()
    }
    void run()
    return () => {
      gone.abort()
      clearTimeout(timer)
    }
  }, [key, everyMs, round])

  const reload = useCallback(() => setRound((before) => before + 1), [])
  const shown = state.key === key ? state : { ...nothingFor<T>(key), isLoading: key !== undefined }
  return { ...shown, reload }
}

function nothingFor<T>(key: string | undefined) {
  return { key, found: undefined as T | undefined, error: undefined, isLoading: false }
}
