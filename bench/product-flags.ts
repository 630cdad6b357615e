/** The flags of Node that the program is started with: its own first line says them. */
import { readFileSync } from 'node:fs'

export function productFlags(): string[] {
  const [firstLine = ''] = readFileSync(new URL('../bin/sekali.js', import.meta.url), 'utf8').split('\n', 1)
  return firstLine.split(' ').filter((word) => word.startsWith('--'))
}
