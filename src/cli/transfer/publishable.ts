/** Stored events as they would be published: without what the server gave them. Bytes in, bytes out. */

/** Given by a server when it stores an event; another gives its own. */
const givenNames = ['"seq"', '"processed_at"']

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openingBraces = [0x7b, 0x5b]
const closingBraces = [0x7d, 0x5d]
const spaces = [0x20, 0x09, 0x0a, 0x0d]

/** The line itself where it has none of those members, or is no JSON object: that is for the server to judge. */
export function publishable(line: Buffer): Buffer {
  if (!givenNames.some((name) => line.includes(name))) return line
  const members = membersOf(line)
  if (members === undefined) return line
  const kept = members.filter(({ name }) => !givenNames.includes(name))
  if (kept.length === members.length) return line
  const parts = kept.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [Buffer.from(','), bytes]))
  return Buffer.concat([Buffer.from('{'), ...parts, Buffer.from('}')])
}

interface Member {
  /** With its quotes. */
  readonly name: string
  /** Name and value. */
  readonly bytes: Buffer
}

/** Those of the object itself, not of objects in it; undefined where the line is no object. Values are not checked. */
function membersOf(line: Buffer): Member[] | undefined {
  const members: Member[] = []
  let at = afterSpace(line, 0)
  if (line[at] !== openingBraces[0]) return undefined
  do {
    const start = afterSpace(line, at + 1)
    if (line[start] !== quote) return undefined
    const nameEnd = endOfString(line, start)
    const separator = afterSpace(line, nameEnd)
    if (line[separator] !== colon) return undefined
    const end = endOfValue(line, afterSpace(line, separator + 1))
    members.push({ name: line.toString('latin1', start, nameEnd), bytes: line.subarray(start, end) })
    at = afterSpace(line, end)
  } while (line[at] === comma)
  const isWhole = line[at] === closingBraces[0] && afterSpace(line, at + 1) === line.length
  return isWhole ? members : undefined
}

function afterSpace(line: Buffer, start: number): number {
  let at = start
  while (spaces.includes(line[at] ?? 0)) at++
  return at
}

function endOfValue(line: Buffer, start: number): number {
  let depth = 0
  for (let at = start; at < line.length; at++) {
    const byte = line[at] ?? 0
    if (byte === quote) {
      at = endOfString(line, at) - 1
      if (depth === 0) return at + 1
    } else if (openingBraces.includes(byte)) depth++
    else if (closingBraces.includes(byte)) {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (byte === comma || spaces.includes(byte))) return at
  }
  return line.length
}

/** @returns the place after the closing quote. */
function endOfString(line: Buffer, start: number): number {
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === backslash) at++
    else if (line[at] === quote) return at + 1
  }
  return line.length
}
