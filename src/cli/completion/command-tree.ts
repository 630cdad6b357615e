/** What can be typed, read from the program itself, so that a completion cannot know other options than it has. */
import type { Command, Option } from 'commander'

export interface CommandNode {
  /** The words that lead here, without the program's own name. */
  readonly path: readonly string[]
  readonly description: string
  readonly commands: readonly CommandNode[]
  readonly options: readonly OptionNode[]
  /** Of each argument in turn. */
  readonly arguments: readonly Values[]
  /** The last argument may be given again and again. */
  readonly isVariadic: boolean
}

export interface OptionNode {
  /** As typed: `-h`, `--help`. */
  readonly flags: readonly string[]
  readonly description: string
  /** Undefined for one that takes no value. */
  readonly values: Values | undefined
  /** It may also be given without its value. */
  readonly isValueOptional: boolean
}

/** Words to choose from, the name of a file, or something that nobody can guess. */
export type Values = readonly string[] | 'file' | 'any'

export function commandTree(program: Command): CommandNode {
  return nodeOf(program, [], [])
}

/** @param above the commands that it is below of, the nearest last. */
function nodeOf(command: Command, path: readonly string[], above: readonly Command[]): CommandNode {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  const { registeredArguments } = command
  return {
    path,
    description: firstLine(help.subcommandDescription(command)),
    commands: commands.map((each) => nodeOf(each, [...path, each.name()], [...above, command])),
    options: [...help.visibleOptions(command), ...globalOptions(above)].map(optionNode),
    arguments: isHelp(command)
      ? [above.at(-1)?.commands.map((each) => each.name()) ?? []]
      : registeredArguments.map((each) => each.argChoices ?? valuesNamed(each.name())),
    isVariadic: registeredArguments.at(-1)?.variadic ?? false,
  }
}

/** The command that Commander adds by itself. */
function isHelp(command: Command): boolean {
  return command.name() === 'help' && command.registeredArguments[0]?.name() === 'command'
}

/** Those of the program are understood after every command as well. */
function globalOptions(above: readonly Command[]): Option[] {
  return above.flatMap((each) =>
    each
      .createHelp()
      .visibleOptions(each)
      .filter(({ long }) => long !== '--help'),
  )
}

function optionNode(option: Option): OptionNode {
  const { short, long, description, argChoices } = option
  const takesValue = option.required || option.optional
  const placeholder = /[<[]([^\]>]*)/.exec(option.flags)?.[1] ?? ''
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description: firstLine(description),
    values: takesValue ? (argChoices ?? valuesNamed(placeholder)) : undefined,
    isValueOptional: option.optional,
  }
}

/** Placeholders of help say what they stand for. */
function valuesNamed(placeholder: string): Values {
  return /^(FILE|PATH|FOLDER|DIR)\b/.test(placeholder.toUpperCase()) ? 'file' : 'any'
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

/** It and all below it. */
export function allNodes(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(allNodes)]
}
