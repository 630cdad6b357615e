/** Something that changes the server: under way once, and what the server said against it. */
import { useState } from 'preact/hooks'
import { ApiError } from './client.ts'

export interface Action<A extends readonly unknown[]> {
  readonly isRunning: boolean
  /** Why the last attempt went wrong; undefined after one that did not. */
  readonly error: ApiError | undefined
  run(...values: A): void
}

/** @param perform what it does, up to what happens when it went well. */
export function useAction<A extends readonly unknown[]>(perform: (...values: A) => Promise<void>): Action<A> {
  const [isRunning, setRunning] = useState(false)
  const [error, setError] = useState<ApiError>()
  const attempt = async (values: A): Promise<void> => {
    setRunning(true)
    setError(undefined)
    try {
      await perform(...values)
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new ApiError(String(problem), { code: 'unknown' }))
    } finally {
      setRunning(false)
    }
  }
  return {
    isRunning,
    error,
    run: (...values) => {
      if (!isRunning) void attempt(values)
    },
  }
}
