/** What a person chose and the browser remembers. */
import { type Signal, signal } from '@preact/signals'

export interface Preference<T extends string> {
  readonly chosen: Signal<T>
  choose(value: T): void
}

/** @param values the first is the default. Without storage (private windows) the choice lasts as long as the page. */
export function preference<const T extends string>(name: string, values: readonly [T, ...T[]]): Preference<T> {
  const key = `sekali.${name}`
  const chosen = signal<T>(values.find((value) => value === read(key)) ?? values[0])
  return {
    chosen,
    choose(value) {
      chosen.value = value
      try {
        localStorage.setItem(key, value)
      } catch {
        // Nothing depends on it.
      }
    },
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
