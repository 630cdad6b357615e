/** The completion of fish: a line for every word, with the condition under which it may come next. */
import { allNodes, type CommandNode, type OptionNode, type Values } from './command-tree.ts'

/** @param name of the program as it is typed. */
export function fishCompletion(program: CommandNode, name: string): string {
  const nodes = allNodes(program)
  return `# fish completion of ${name}, made by "${name} completion fish".
# The command that is typed so far, and how many arguments it has: "sub pull:1".
function __${name}_place
    set -l at ''
    set -l count 0
    set -l needs ''
    for word in (commandline -opc)[2..-1]
        if test -n "$needs"
            set -l needed $needs
            set needs ''
            if test "$needed" = value; or not string match -q -- '-*' "$word"
                continue
            end
        end
        switch "$at $word"
            case ${nodes
              .filter(({ path }) => path.length > 0)
              .map(({ path }) => quoted(joined(path)))
              .join(' ')}
                set at "$at $word"
                set count 0
                continue
        end
        switch "$at:$word"
${optionCases(nodes)}
            case '*:-*'
            case '*'
                set count (math $count + 1)
        end
    end
    echo "$at:$count"
end
function __${name}_is_at
    string match -q -r -- "^$argv[1]:$argv[2]\\$" (__${name}_place)
end
complete -c ${name} -f
${nodes.flatMap((node) => nodeLines(node, name)).join('\n')}
`
}

function joined(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('')
}

/** For fish: in single quotes, backslash and the quote itself are escaped. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** Options that a value follows, in a word of its own. */
function optionCases(nodes: readonly CommandNode[]): string {
  const flags = (isOptional: boolean) =>
    nodes.flatMap(({ path, options }) =>
      options
        .filter(({ values, isValueOptional }) => values !== undefined && isValueOptional === isOptional)
        .flatMap((option) => option.flags.map((flag) => quoted(`${joined(path)}:${flag}`))),
    )
  const caseOf = (patterns: readonly string[], needs: string) =>
    patterns.length === 0 ? [] : [`            case ${patterns.join(' ')}\n                set needs ${needs}`]
  return [...caseOf(flags(false), 'value'), ...caseOf(flags(true), 'perhaps')].join('\n')
}

function nodeLines({ path, commands, options, arguments: args, isVariadic }: CommandNode, name: string): string[] {
  const at = (count: string) => `-n ${quoted(`__${name}_is_at ${quoted(joined(path))} ${quoted(count)}`)}`
  const lines = options.map((option) => `complete -c ${name} ${at('.*')} ${optionText(option)}`)
  for (const each of commands) {
    const word = quoted(each.path.at(-1) ?? '')
    lines.push(`complete -c ${name} ${at('0')} -a ${word} -d ${quoted(each.description)}`)
  }
  if (commands.length > 0) return lines
  for (const [index, values] of args.entries()) {
    if (values === 'any') continue
    const before = args.slice(0, index).map((_, place) => `${place}\\b|`)
    const count = isVariadic && index === args.length - 1 ? `(?!${before.join('')}-).*` : String(index)
    lines.push(`complete -c ${name} ${at(count)} ${valuesText(values)}`)
  }
  return lines
}

function optionText({ flags, description, values, isValueOptional }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  const value = values === undefined || isValueOptional ? '' : ` -x ${values === 'any' ? '' : valuesText(values)}`
  return `${names.join(' ')}${value.trimEnd()} -d ${quoted(description)}`
}

function valuesText(values: Exclude<Values, 'any'>): string {
  return values === 'file' ? "-a '(__fish_complete_path (commandline -ct))'" : `-a ${quoted(values.join(' '))}`
}
