/** Help that leads with examples: what most people look for stands above the options. */
import { type Command, Help } from 'commander'

export interface HelpText {
  /** Command lines, one each, with a word of what they do where that is not plain. */
  readonly examples: readonly (string | readonly [command: string, purpose: string])[]
  /** Stands below the options: what an option line has no room for, and the exit codes. */
  readonly notes?: string
}

const examplesOf = new WeakMap<Command, HelpText['examples']>()

export function addHelp(command: Command, { examples, notes }: HelpText): Command {
  examplesOf.set(command, examples)
  return notes === undefined ? command : command.addHelpText('after', `\n${notes.trim()}`)
}

/** For the program; its commands inherit it. */
export function leadWithExamples(program: Command): void {
  program.configureHelp({
    showGlobalOptions: true,
    formatHelp(command, helper) {
      const text = Help.prototype.formatHelp.call(helper, command, helper)
      const examples = examplesOf.get(command)
      if (examples === undefined) return text
      // The parts of it are separated by empty lines; the first two are usage and description.
      const [usage, description, ...rest] = text.split('\n\n')
      return [usage, description, `Examples:\n${examplesText(examples)}`, ...rest].join('\n\n')
    },
  })
}

function examplesText(examples: HelpText['examples']): string {
  const width = Math.max(...examples.map((each) => (typeof each === 'string' ? 0 : each[0].length)))
  return examples
    .map((each) => (typeof each === 'string' ? `  ${each}` : `  ${each[0].padEnd(width)}  ${each[1]}`))
    .join('\n')
}
