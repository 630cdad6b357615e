/** What a benchmark of bench/ is given in a test: nobody stops it, and nobody reads what it prints. */
import type { Bench } from '../../bench/command.ts'
import { TerminalLine } from '../../src/cli/terminal-line.ts'

export function tinyBench(): Bench & { readonly printed: string[] } {
  const printed: string[] = []
  return {
    signal: new AbortController().signal,
    line: new TerminalLine({ write: () => true }, {}),
    printed,
    print: (text) => void printed.push(text),
  }
}
