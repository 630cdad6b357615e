/** What a screen reader is told without the focus moving: counts and states, nothing else. */
import { signal } from '@preact/signals'

export const announcement = signal('')

export function announce(text: string): void {
  announcement.value = text
}
