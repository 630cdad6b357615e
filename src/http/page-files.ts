/** The dashboard's files, read once: what is not among them cannot be asked for. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { gzipSync } from 'node:zlib'

export interface PageFile {
  readonly type: string
  readonly bytes: Buffer
  /** Undefined where compressing gains nothing. */
  readonly gzipped: Buffer | undefined
}

export interface PageFiles {
  readonly index: string
  /** By their path below the folder, with slashes. */
  readonly files: ReadonlyMap<string, PageFile>
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** @returns undefined when the folder holds no page: it has not been built. */
export function readPageFiles(folder: string): PageFiles | undefined {
  const files = new Map<string, PageFile>()
  let index: string | undefined
  for (const name of listFiles(folder)) {
    const bytes = readFileSync(join(folder, name))
    if (name === 'index.html') {
      index = bytes.toString()
      continue
    }
    const gzipped = gzipSync(bytes)
    files.set(name.replaceAll(sep, '/'), {
      type: types[extname(name)] ?? 'application/octet-stream',
      bytes,
      gzipped: gzipped.length < bytes.length ? gzipped : undefined,
    })
  }
  return index === undefined ? undefined : { index, files }
}

function listFiles(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  } catch {
    return []
  }
}
