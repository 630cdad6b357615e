/** From a store URL to the check of what it names. */
import { existsSync } from 'node:fs'
import type { StoreVerification } from '../core/store-verification.ts'
import { isPostgresUrl } from '../stores/postgres/server-url.ts'
import { openPostgresVerification } from '../stores/postgres/verify/postgres-verification.ts'
import { openSqliteVerification } from '../stores/sqlite/verify/sqlite-verification.ts'
import { maskedStore, UsageError } from './config.ts'

const sqliteScheme = 'sqlite:'

/** @param url as `resolveConfig` lets through. @throws UsageError for a store that cannot be checked, or is not there. */
export function openVerification(url: string): StoreVerification {
  if (url.startsWith(sqliteScheme)) {
    const path = url.slice(sqliteScheme.length)
    if (!existsSync(path)) throw new UsageError(`${path}: there is no such file`)
    return openSqliteVerification(path)
  }
  if (isPostgresUrl(url)) return openPostgresVerification(url)
  throw new UsageError(`${maskedStore(url)} cannot be verified; give --store sqlite:PATH or postgres://USER@HOST/DB`)
}
