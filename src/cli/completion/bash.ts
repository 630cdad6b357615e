/** The completion of bash. It walks the words typed so far from command to command, and offers what may come next. */
import { allNodes, type CommandNode, type OptionNode, type Values } from './command-tree.ts'

/** @param name of the program as it is typed. */
export function bashCompletion(program: CommandNode, name: string): string {
  const nodes = allNodes(program)
  return `# bash completion of ${name}, made by "${name} completion bash".
_${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" at='' pending='' needs='' count=0 word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    # Bash makes a word of the = in --option=value.
    if [[ $word == '=' ]]; then continue; fi
    if [[ -n $pending ]]; then
      pending=''
      if [[ $needs == value || $word != -* ]]; then continue; fi
    fi
    case "$at $word" in
${nodes.flatMap(commandCases).join('\n')}
    esac
    case "$at:$word" in
${nodes.flatMap(optionCases).join('\n')}
      *:-*) ;;
      *) ((count++)) ;;
    esac
  done
  if [[ $cur == '=' ]]; then cur=''; fi
  if [[ -n $pending ]]; then
    case "$pending" in
${nodes.flatMap(valueCases).join('\n')}
    esac
    if [[ $needs == value ]]; then return; fi
  fi
  if [[ $cur == -* ]]; then
    case "$at" in
${nodes.map((node) => `      ${quoted(joined(node.path))}) ${offer(flagsOf(node))} ;;`).join('\n')}
    esac
    return
  fi
  case "$at:$count" in
${nodes.flatMap(argumentCases).join('\n')}
  esac
}
complete -F _${name} ${name}
`
}

function joined(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function flagsOf({ options }: CommandNode): readonly string[] {
  return options.flatMap(({ flags }) => flags)
}

/** Without what bash 3.2 does not have, which is the one of macOS. */
function offer(values: Exclude<Values, 'any'>): string {
  return values === 'file'
    ? `local IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))`
    : `COMPREPLY=($(compgen -W ${quoted(values.join(' '))} -- "$cur"))`
}

function commandCases({ path }: CommandNode): string[] {
  return path.length === 0 ? [] : [`      ${quoted(joined(path))}) at="$at $word" count=0; continue ;;`]
}

/** Options that a value follows. */
function optionCases({ path, options }: CommandNode): string[] {
  return options
    .filter(({ values }) => values !== undefined)
    .map((option) => {
      const needs = option.isValueOptional ? 'perhaps' : 'value'
      return `      ${optionPattern(path, option)}) pending="$at:$word" needs=${needs} ;;`
    })
}

function valueCases({ path, options }: CommandNode): string[] {
  return options.flatMap((option) => {
    const { values } = option
    return values === undefined || values === 'any'
      ? []
      : [`      ${optionPattern(path, option)}) ${offer(values)}; return ;;`]
  })
}

function optionPattern(path: readonly string[], { flags }: OptionNode): string {
  return flags.map((flag) => quoted(`${joined(path)}:${flag}`)).join(' | ')
}

function argumentCases({ path, commands, arguments: args, isVariadic }: CommandNode): string[] {
  if (commands.length > 0) {
    return [`    ${quoted(`${joined(path)}:0`)}) ${offer(commands.map((each) => each.path.at(-1) ?? ''))} ;;`]
  }
  return args.map((values, index) => {
    const isLastForEver = isVariadic && index === args.length - 1
    const place = isLastForEver ? `${quoted(`${joined(path)}:`)}*` : quoted(`${joined(path)}:${index}`)
    return `    ${place}) ${values === 'any' ? '' : offer(values)} ;;`
  })
}
