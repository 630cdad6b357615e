/** Where a value is in a JSON text, as jq has it: `.user.roles[0]`. No DOM. */
import { stringOf } from './json-tree.ts'

export type PathStep = { readonly keyText: string } | { readonly index: number }

const plainKey = /^[A-Za-z_][A-Za-z0-9_]*$/

export function jqPath(steps: readonly PathStep[]): string {
  const text = steps.map(stepText).join('')
  if (text === '') return '.'
  return text.startsWith('[') ? `.${text}` : text
}

function stepText(step: PathStep): string {
  if ('index' in step) return `[${step.index}]`
  const key = stringOf(step.keyText)
  return plainKey.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}
