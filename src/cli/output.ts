/** What goes to whom: data to standard output, everything else to standard error. */
import { once } from 'node:events'
import { styleText } from 'node:util'
import { type Command, Option } from 'commander'

const colorChoices = ['auto', 'always', 'never'] as const
type ColorChoice = (typeof colorChoices)[number]

/** `--color`, for all commands. */
export function addColorOption(program: Command): void {
  program
    .addOption(new Option('--color <WHEN>', 'auto, always or never (default auto, NO_COLOR)').choices(colorChoices))
    .hook('preAction', () => useColor(program.opts<{ color?: ColorChoice }>().color))
}

/** `styleText` and whatever this process starts ask the environment. */
function useColor(when: ColorChoice | undefined): void {
  if (when === undefined || when === 'auto') return
  delete process.env[when === 'always' ? 'NO_COLOR' : 'FORCE_COLOR']
  process.env[when === 'always' ? 'FORCE_COLOR' : 'NO_COLOR'] = '1'
}

export type Style = Parameters<typeof styleText>[0]

/** Colored where standard output shows colors. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

/** Resolves when there is room for more: a reader that is slow slows us, not fills memory. */
export async function print(text: string | Uint8Array): Promise<void> {
  if (process.stdout.write(text) || process.stdout.destroyed) return
  // A reader that leaves closes the stream, and never drains it.
  const settled = new AbortController()
  const { signal } = settled
  const events = ['drain', 'close', 'error'].map((name) => once(process.stdout, name, { signal }))
  await Promise.race(events).catch(() => {})
  settled.abort()
  await Promise.allSettled(events)
}

/** Whether the reader took it: a pipe whose other end has closed takes nothing. */
export function printTaken(text: string): Promise<boolean> {
  if (process.stdout.destroyed) return Promise.resolve(false)
  return new Promise((resolve) => process.stdout.write(text, (error) => resolve(error == null)))
}

/** A line for the person at the terminal, not part of the data. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Characters in a line of standard output; undefined where it is no terminal. */
export function terminalColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || 80 : undefined
}

const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for.
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** What publishers wrote cannot move the cursor, color the terminal or turn the line around. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
