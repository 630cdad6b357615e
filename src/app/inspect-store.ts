/** From a store URL to what can be told of its file at once, with or without a server that works with it. */
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { inspectSqliteFile, type SqliteFileFacts } from '../stores/sqlite/inspect-file.ts'
import { maskedStore, UsageError } from './config.ts'
import { describePlace, type StorePlace } from './store-place.ts'

export interface FileAccess {
  readonly ownerId: number
  /** Permission bits. */
  readonly mode: number
  readonly isReadable: boolean
  /** The file, those that lie beside it and their folder, by this process: what is not is named. */
  readonly notWritable: readonly string[]
}

export interface StoreInspection {
  readonly path: string
  readonly place: StorePlace
  /** Undefined when there is no such file. */
  readonly access: FileAccess | undefined
  /** Undefined when it cannot be read. */
  readonly facts: SqliteFileFacts | undefined
}

const sqliteScheme = 'sqlite:'

/** @param url as `resolveConfig` lets through. @throws UsageError for a store that is no file. */
export async function inspectStore(url: string): Promise<StoreInspection> {
  if (!url.startsWith(sqliteScheme)) {
    throw new UsageError(`${maskedStore(url)} is no file; give --store sqlite:PATH, or ask its server with --url`)
  }
  const given = url.slice(sqliteScheme.length)
  const place = await describePlace(url)
  if (!existsSync(given)) return { path: given, place, access: undefined, facts: undefined }
  const path = realpathSync(given)
  const access = accessOf(path)
  return { path, place, access, facts: access.isReadable ? inspectSqliteFile(path) : undefined }
}

function accessOf(path: string): FileAccess {
  const { uid, mode } = statSync(path)
  const needed = [dirname(path), path, ...[`${path}-wal`, `${path}-shm`, `${path}.lock`].filter(existsSync)]
  return {
    ownerId: uid,
    mode: mode & 0o777,
    isReadable: isAllowed(path, constants.R_OK),
    notWritable: needed.filter((each) => !isAllowed(each, constants.W_OK)),
  }
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
