/** Stored events as they would be published: without what the server gave them. Bytes in, bytes out. */
import { endOfString, endOfValue, skipSpace } from '../../client/json-scan.ts'

/** Given by a server when it stores an event; another gives its own. */
const givenNames = ['"seq"', '"processed_at"']

/** The line itself where it has none of those members, or is no JSON object: that is for the server to judge. */
export function publishable(line: Buffer): Buffer {
  if (!givenNames.some((name) => line.includes(name))) return line
  // One character a byte: whatever the bytes are, they come out as they went in.
  const members = membersOf(line.toString('latin1'))
  const kept = members?.filter(({ name }) => !givenNames.includes(name))
  if (kept === undefined || kept.length === members?.length) return line
  return Buffer.from(`{${kept.map(({ text }) => text).join(',')}}`, 'latin1')
}

interface Member {
  /** With its quotes. */
  readonly name: string
  /** Name and value. */
  readonly text: string
}

/** Those of the object itself, also repeated ones; undefined where the line is no object. Values are not checked. */
function membersOf(line: string): Member[] | undefined {
  const members: Member[] = []
  let at = skipSpace(line, 0)
  if (line[at] !== '{') return undefined
  do {
    const start = skipSpace(line, at + 1)
    if (line[start] !== '"') return undefined
    const nameEnd = endOfString(line, start)
    const separator = skipSpace(line, nameEnd)
    if (line[separator] !== ':') return undefined
    const end = endOfValue(line, skipSpace(line, separator + 1))
    members.push({ name: line.slice(start, nameEnd), text: line.slice(start, end) })
    at = skipSpace(line, end)
  } while (line[at] === ',')
  const isWhole = line[at] === '}' && skipSpace(line, at + 1) === line.length
  return isWhole ? members : undefined
}
