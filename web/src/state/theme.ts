/** Light, dark, or as the system says. */
import { effect } from '@preact/signals'
import { preference } from './preference.ts'

export const theme = preference('theme', ['auto', 'light', 'dark'])

/** Charts are painted, not styled: they ask again when this grows. */
export const systemDark = window.matchMedia('(prefers-color-scheme: dark)')

export function startTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.chosen.value
  })
}
