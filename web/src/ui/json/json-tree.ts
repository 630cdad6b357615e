/**
 * JSON text as a tree that keeps what JSON.parse loses: numbers are the text they were sent as (64-bit ids, `1e400`, `-0`),
 * strings keep their escapes, keys their order and their repetitions. No DOM.
 */

import { endOfValue, skipSpace } from '../../../../src/client/json-scan.ts'

export type JsonNode =
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  /** `text` is the token as sent: with its quotes, if it is a string. */
  | { readonly kind: 'string' | 'number' | 'literal'; readonly text: string }

export interface JsonMember {
  /** The key as sent, with its quotes. */
  readonly keyText: string
  readonly value: JsonNode
}

/** The server refuses deeper payloads. */
const maxDepth = 256

const scalar = /^(?:".*"|-?\d[\d.eE+-]*|true|false|null)$/s

/** @returns undefined when the text is not JSON. */
export function parseJsonTree(text: string): JsonNode | undefined {
  try {
    const reader = new Reader(text)
    const node = reader.value(0)
    return reader.isAtEnd() ? node : undefined
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
}

/** What a string token says. */
export function stringOf(token: string): string {
  return JSON.parse(token)
}

/** The text of a value without space between its tokens. */
export function nodeText(node: JsonNode): string {
  if (node.kind === 'object') {
    return `{${node.members.map(({ keyText, value }) => `${keyText}:${nodeText(value)}`).join(',')}}`
  }
  return node.kind === 'array' ? `[${node.items.map(nodeText).join(',')}]` : node.text
}

class NotJson extends Error {}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): JsonNode {
    if (depth > maxDepth) throw new NotJson()
    if (this.#takes('{')) return { kind: 'object', members: this.#list('}', () => this.#member(depth)) }
    if (this.#takes('[')) return { kind: 'array', items: this.#list(']', () => this.value(depth + 1)) }
    const text = this.#scalar()
    const first = text.charAt(0)
    return {
      kind: first === '"' ? 'string' : first === '-' || (first >= '0' && first <= '9') ? 'number' : 'literal',
      text,
    }
  }

  isAtEnd(): boolean {
    this.#skipSpace()
    return this.#at === this.#text.length
  }

  #member(depth: number): JsonMember {
    const keyText = this.#scalar()
    if (!keyText.startsWith('"') || !this.#takes(':')) throw new NotJson()
    return { keyText, value: this.value(depth + 1) }
  }

  #list<T>(end: '}' | ']', one: () => T): T[] {
    const found: T[] = []
    if (this.#takes(end)) return found
    do found.push(one())
    while (this.#takes(','))
    if (!this.#takes(end)) throw new NotJson()
    return found
  }

  #scalar(): string {
    this.#skipSpace()
    const end = endOfValue(this.#text, this.#at)
    const token = this.#text.slice(this.#at, end)
    if (!scalar.test(token)) throw new NotJson()
    this.#at = end
    return token
  }

  #takes(char: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #skipSpace(): void {
    this.#at = skipSpace(this.#text, this.#at)
  }
}
