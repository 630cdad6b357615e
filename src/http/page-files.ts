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
  /** The page, whose relative addresses begin at this one. */
  indexFor(base: string): string
  /** By their path below the folder, with slashes. */
  readonly files: ReadonlyMap<string, PageFile>
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * @returns undefined when the folder holds no page: it has not been built.
 * @throws Error when the page has no base element to turn.
 */
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
  return index === undefined ? undefined : { indexFor: splitAtBase(index), files }
}

function splitAtBase(index: string): PageFiles['indexFor'] {
  const [before, after, ...more] = index.split(/(?<=<base href=")\.\/(?=")/)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error('index.html needs one <base href="./">, which the server turns to the root')
  }
  return (base) => before + base + after
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
