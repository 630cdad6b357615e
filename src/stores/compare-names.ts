/** The order of names in every store: by code point, as SQLite compares UTF-8; comparing code units would differ. */

export function compareNames(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}
