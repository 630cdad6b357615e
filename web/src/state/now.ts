/** The time, once a second, as long as somebody looks: relative times read it. */
import { signal } from '@preact/signals'

export const nowMs = signal(Date.now())

setInterval(() => {
  if (!document.hidden) nowMs.value = Date.now()
}, 1000)
document.addEventListener('visibilitychange', () => {
  nowMs.value = Date.now()
})
