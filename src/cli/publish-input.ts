/** What `sekali publish` reads: a file, or standard input. */
import { createReadStream, fstatSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { UsageError } from '../app/config.ts'

export interface PublishInput {
  /** As messages name it. */
  readonly name: string
  readonly stream: Readable
  /** Undefined for a pipe, a terminal or a device: what they gave is gone and cannot be told again. */
  readonly file: FileFacts | undefined
}

export interface FileFacts {
  /** The bytes that are read: what the file held when it was opened, so that a file that grows all the time has an end. */
  readonly bytes: number
  /**
   * Inode and time of birth. Not the path: a log that is rotated by renaming stays the same file. Not the device: its
   * number may change when the machine starts again. A new file that gets the inode of a removed one was born later.
   * (Where the file system keeps no time of birth it is 0; the first line, which is in every id too, must then do.)
   */
  readonly identity: string
  /** ISO 8601. */
  readonly bornAt: string
}

const standardInput = 0

/**
 * @param path `-` or undefined is standard input.
 * @param maxBytes read no more of a file than this.
 * @throws UsageError when there is nothing to read: no such file, or a terminal where nobody asked for one.
 */
export function openPublishInput(path: string | undefined, maxBytes = Number.POSITIVE_INFINITY): PublishInput {
  if (path === undefined && process.stdin.isTTY) {
    throw new UsageError('FILE is missing; give a file, pipe something in, or give - to type on this terminal')
  }
  const isStandardInput = path === undefined || path === '-'
  const fd = isStandardInput ? standardInput : open(path)
  const name = isStandardInput ? 'standard input' : path
  const stat = fstatSync(fd, { bigint: true })
  if (stat.isDirectory()) throw new UsageError(`${name} is a directory`)
  if (!stat.isFile()) {
    return { name, stream: isStandardInput ? process.stdin : createReadStream('', { fd }), file: undefined }
  }
  const bytes = Math.min(Number(stat.size), maxBytes)
  // From byte 0, also when whoever opened standard input has read from it: positions are those of the file.
  const end = bytes > 0 ? bytes - 1 : Number.POSITIVE_INFINITY
  return {
    name,
    stream: createReadStream('', { fd, start: 0, end, autoClose: !isStandardInput }),
    file: {
      bytes,
      identity: `${stat.ino}:${stat.birthtimeNs}`,
      bornAt: new Date(Number(stat.birthtimeNs / 1_000_000n)).toISOString(),
    },
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be read' : message
    throw new UsageError(`${path}: ${reason}`, { cause: thrown })
  }
}
