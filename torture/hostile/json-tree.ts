/** The parts of a JSON document with their texts: what JSON.parse does not tell, such as a name that stands there twice. */

export interface JsonNode {
  /** From its first character to its last. */
  readonly text: string
  /** Of an object, in order, every one. */
  readonly members?: readonly { readonly name: string; readonly value: JsonNode }[]
  /** Of an array. */
  readonly items?: readonly JsonNode[]
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g

/** @param text that JSON.parse accepts. @returns undefined when it is nested deeper. */
export function readTree(text: string, maxDepth: number): JsonNode | undefined {
  const tokens = [...text.matchAll(token)].map((match) => ({ text: match[0], start: match.index }))
  let depth = 0
  for (const { text: each } of tokens) {
    if (each === '{' || each === '[') depth++
    if (depth > maxDepth) return undefined
    if (each === '}' || each === ']') depth--
  }
  let next = 0
  const take = () => tokens[next++] ?? { text: '', start: text.length }
  const isNext = (wanted: string) => tokens[next]?.text === wanted
  const endOf = ({ text: last, start }: { text: string; start: number }) => start + last.length
  const read = (): JsonNode => {
    const first = take()
    if (first.text !== '{' && first.text !== '[') return { text: first.text }
    const isObject = first.text === '{'
    const close = isObject ? '}' : ']'
    const members: { name: string; value: JsonNode }[] = []
    const items: JsonNode[] = []
    while (!isNext(close)) {
      if (isNext(',')) take()
      if (isObject) {
        const name: string = JSON.parse(take().text)
        take()
        members.push({ name, value: read() })
      } else {
        items.push(read())
      }
    }
    const whole = text.slice(first.start, endOf(take()))
    return isObject ? { text: whole, members } : { text: whole, items }
  }
  return read()
}
