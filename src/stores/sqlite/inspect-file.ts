/** What a file says of itself without being opened as a database: nothing is made or changed. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { defaultMaxWalBytes } from './checkpoint.ts'
import { applicationId, newestSchema } from './migrations.ts'
import { isDatabaseLocked } from './open-database.ts'
import { readSettledWal } from './wal-file.ts'

/** Places in the first page (sqlite.org/fileformat2.html, "The Database Header"). */
const headerBytes = 100
const userVersionAt = 60
const applicationIdAt = 68
const magic = 'SQLite format 3\0'

export interface SqliteFileFacts {
  readonly bytes: number
  /** What is committed there and not yet in the file itself. */
  readonly walBytes: number
  /** Behind damage of the WAL, at least: nothing opens such a file to write. Undefined where the WAL cannot be read. */
  readonly lostCommits: number | undefined
  /** From here on a server writes nothing. */
  readonly maxWalBytes: number
  /** `empty`: a server that opens it makes a store of it. */
  readonly kind: 'store' | 'empty' | 'other SQLite file' | 'no SQLite file'
  /** 0 unless it is a store. */
  readonly schema: number
  /** Of this version of the program. */
  readonly newestSchema: number
  /** Whether a process works with it; undefined where that cannot be told. */
  readonly isInUse: boolean | undefined
}

/** @param path of a file that is there. @throws Error when it cannot be read. */
export function inspectSqliteFile(path: string): SqliteFileFacts {
  const header = readHeader(path)
  const isSqlite = header.length === headerBytes && header.toString('latin1').startsWith(magic)
  const isStore = isSqlite && header.readUInt32BE(applicationIdAt) === applicationId
  return {
    bytes: statSync(path).size,
    walBytes: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    lostCommits: readable(() => readSettledWal(path)?.lostCommits ?? 0),
    maxWalBytes: defaultMaxWalBytes,
    kind: isStore ? 'store' : isSqlite ? 'other SQLite file' : header.length === 0 ? 'empty' : 'no SQLite file',
    schema: isStore ? header.readUInt32BE(userVersionAt) : 0,
    newestSchema,
    // The lock file may belong to somebody else.
    isInUse: readable(() => isDatabaseLocked(path)),
  }
}

function readHeader(path: string): Buffer {
  const header = Buffer.alloc(headerBytes)
  const fd = openSync(path, 'r')
  try {
    return header.subarray(0, readSync(fd, header))
  } finally {
    closeSync(fd)
  }
}

/** @returns undefined for what cannot be read. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
