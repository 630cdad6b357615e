/** How Node is started for the program: its own first line says it. */
import { readFileSync } from 'node:fs'

function wordsOfFirstLine(): string[] {
  const [firstLine = ''] = readFileSync(new URL('../bin/sekali.js', import.meta.url), 'utf8').split('\n', 1)
  return firstLine.split(' ')
}

export function productFlags(): string[] {
  return wordsOfFirstLine().filter((word) => word.startsWith('--'))
}

export function productEnvironment(): Record<string, string> {
  const settings = wordsOfFirstLine().filter((word) => word.includes('=') && !word.startsWith('-'))
  return Object.fromEntries(settings.map((setting) => setting.split('=') as [string, string]))
}
