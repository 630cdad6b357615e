/** For what changes more often than one can look: painted at most ten times a second, and not at all in a hidden tab. */
import { useEffect, useRef, useState } from 'preact/hooks'

const paintEveryMs = 100

/** @returns says that something changed; always the same function. */
export function usePainter(): () => void {
  const [, setRound] = useState(0)
  const painter = useRef<Painter>(undefined)
  painter.current ??= new Painter(() => setRound((before) => before + 1))
  const { current } = painter
  useEffect(() => {
    document.addEventListener('visibilitychange', current.changed)
    return () => {
      document.removeEventListener('visibilitychange', current.changed)
      current[Symbol.dispose]()
    }
  }, [])
  return current.changed
}

class Painter implements Disposable {
  readonly #paint: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #paintedAtMs = 0

  constructor(paint: () => void) {
    this.#paint = paint
  }

  readonly changed = (): void => {
    if (document.hidden || this.#timer !== undefined) return
    const waitMs = Math.max(0, this.#paintedAtMs + paintEveryMs - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#paintedAtMs = performance.now()
      this.#paint()
    }, waitMs)
  };

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
