/** The completion of zsh: as that of bash, with the descriptions beside the words. */
import { allNodes, type CommandNode, type OptionNode, type Values } from './command-tree.ts'

/** @param name of the program as it is typed. */
export function zshCompletion(program: CommandNode, name: string): string {
  const nodes = allNodes(program)
  return `#compdef ${name}
# zsh completion of ${name}, made by "${name} completion zsh".
_${name}() {
  local at='' pending='' needs='' word
  local -i count=0 i
  for ((i = 2; i < CURRENT; i++)); do
    word="\${(Q)words[i]}"
    if [[ -n $pending ]]; then
      pending=''
      if [[ $needs == value || $word != -* ]]; then continue; fi
    fi
    case "$at $word" in
${nodes.flatMap(commandCases).join('\n')}
    esac
    case "$at:$word" in
${nodes.flatMap(optionCases).join('\n')}
      (*:-*) ;;
      (*) ((count += 1)) ;;
    esac
  done
  # --option=value is one word here.
  if [[ -z $pending && $PREFIX == --*=* ]]; then
    pending="$at:\${PREFIX%%=*}" needs=value
    compset -P '*='
  fi
  if [[ -n $pending ]]; then
    case "$pending" in
${nodes.flatMap(valueCases).join('\n')}
    esac
    if [[ $needs == value ]]; then return 1; fi
  fi
  local -a words_here
  if [[ $PREFIX == -* ]]; then
    case "$at" in
${nodes.map(flagCase).join('\n')}
    esac
    _describe -o option words_here
    return
  fi
  case "$at:$count" in
${nodes.flatMap(argumentCases).join('\n')}
  esac
}
# Called by the completion system when it loads the file from fpath, and sourced otherwise.
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`
}

function joined(path: readonly string[]): string {
  return path.map((word) => ` ${word}`).join('')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A word and its description, as _describe takes them. */
function described(word: string, description: string): string {
  return quoted(`${word.replaceAll(':', '\\:')}:${description}`)
}

function offer(values: Exclude<Values, 'any'>): string {
  return values === 'file' ? '_files' : `compadd -- ${values.map(quoted).join(' ')}`
}

function commandCases({ path }: CommandNode): string[] {
  return path.length === 0 ? [] : [`      (${quoted(joined(path))}) at="$at $word"; count=0; continue ;;`]
}

/** Options that a value follows. */
function optionCases({ path, options }: CommandNode): string[] {
  return options
    .filter(({ values }) => values !== undefined)
    .map((option) => {
      const needs = option.isValueOptional ? 'perhaps' : 'value'
      return `      (${optionPattern(path, option)}) pending="$at:$word"; needs=${needs} ;;`
    })
}

function valueCases({ path, options }: CommandNode): string[] {
  return options.flatMap((option) => {
    const { values } = option
    return values === undefined || values === 'any'
      ? []
      : [`      (${optionPattern(path, option)}) ${offer(values)}; return ;;`]
  })
}

function optionPattern(path: readonly string[], { flags }: OptionNode): string {
  return flags.map((flag) => quoted(`${joined(path)}:${flag}`)).join('|')
}

function flagCase({ path, options }: CommandNode): string {
  const flags = options.flatMap(({ flags, description }) => flags.map((flag) => described(flag, description)))
  return `      (${quoted(joined(path))}) words_here=(${flags.join(' ')}) ;;`
}

function argumentCases({ path, commands, arguments: args, isVariadic }: CommandNode): string[] {
  if (commands.length > 0) {
    const words = commands.map((each) => described(each.path.at(-1) ?? '', each.description))
    return [`    (${quoted(`${joined(path)}:0`)}) words_here=(${words.join(' ')}); _describe command words_here ;;`]
  }
  return args.map((values, index) => {
    const isLastForEver = isVariadic && index === args.length - 1
    const place = isLastForEver ? `${quoted(`${joined(path)}:`)}*` : quoted(`${joined(path)}:${index}`)
    return `    (${place}) ${values === 'any' ? '' : offer(values)} ;;`
  })
}
