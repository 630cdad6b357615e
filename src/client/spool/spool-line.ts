/** How a spool writes an event: its checksum and its JSON text, on one line. */
import { crc32 } from 'node:zlib'

export const newline = 0x0a
const checksumChars = 8

/** @param text without line breaks, as JSON that a program wrote is. */
export function encodeLine(text: string): Buffer {
  return Buffer.from(`${checksumOf(text)} ${text}\n`)
}

/** @param line without its line break. @returns undefined when it is not what was written. */
export function decodeLine(line: Buffer): string | undefined {
  const text = line.toString('utf8', checksumChars + 1)
  return line.toString('latin1', 0, checksumChars + 1) === `${checksumOf(text)} ` ? text : undefined
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(checksumChars, '0')
}
