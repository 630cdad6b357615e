/** A canvas knows no custom properties: what they mean right now, in the theme that is shown. */

export interface ChartColours {
  readonly series: readonly string[]
  readonly label: string
  readonly grid: string
}

export function resolveColours(holder: HTMLElement, names: readonly string[]): ChartColours {
  // `light-dark()` is resolved only where a colour is used, so something has to use it.
  const probe = document.createElement('span')
  holder.append(probe)
  const resolve = (name: string): string => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const colours = { series: names.map(resolve), label: resolve('--text-quiet'), grid: resolve('--line') }
  probe.remove()
  return colours
}
