/** JSON text with one value a line, every token as it was sent. No DOM. */
import { type JsonNode, parseJsonTree } from './json-tree.ts'

const step = '  '

/** @returns the lines of the text itself when it is not JSON. */
export function jsonLines(text: string): string[] {
  const node = parseJsonTree(text)
  if (node === undefined) return text.split('\n')
  const lines: string[] = []
  write(node, { lines, indent: '', before: '', after: '' })
  return lines
}

interface Position {
  readonly lines: string[]
  readonly indent: string
  /** Stands on the value's first line: its key. */
  readonly before: string
  /** Stands on its last: a comma. */
  readonly after: string
}

function write(node: JsonNode, { lines, indent, before, after }: Position): void {
  if (node.kind !== 'object' && node.kind !== 'array') {
    lines.push(`${indent}${before}${node.text}${after}`)
    return
  }
  const [open, close] = node.kind === 'object' ? '{}' : '[]'
  const parts: readonly { readonly before: string; readonly value: JsonNode }[] =
    node.kind === 'object'
      ? node.members.map(({ keyText, value }) => ({ before: `${keyText}: `, value }))
      : node.items.map((value) => ({ before: '', value }))
  if (parts.length === 0) {
    lines.push(`${indent}${before}${open}${close}${after}`)
    return
  }
  lines.push(`${indent}${before}${open}`)
  for (const [index, part] of parts.entries()) {
    const comma = index === parts.length - 1 ? '' : ','
    write(part.value, { lines, indent: indent + step, before: part.before, after: comma })
  }
  lines.push(`${indent}${close}${after}`)
}
