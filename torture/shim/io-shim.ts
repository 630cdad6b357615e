/** The side of `io-faults.c` that says what fails: compiles it, starts nothing, and speaks to it through its control file. */
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('./io-faults.c', import.meta.url))

export const callKinds = { write: 1, sync: 2, truncate: 4 } as const
export const fileKinds = { database: 1, wal: 2, other: 4 } as const

/** Which calls fail, and how. */
export interface Strike {
  readonly calls: readonly (keyof typeof callKinds)[]
  readonly files: readonly (keyof typeof fileKinds)[]
  /** So many of these calls go well before. */
  readonly before: number
  /** Then so many fail; the calls after them go well again. */
  readonly times: number
  /** `short`: a write writes half of what it was given. */
  readonly error: 'EIO' | 'ENOSPC' | 'short'
}

/** More than there will be calls: until it is healed. */
export const untilHealed = 2 ** 31 - 1

/** As the struct in io-faults.c: unsigned numbers of 32 bits. */
const word = {
  kinds: 0,
  files: 1,
  before: 2,
  error: 3,
  times: 4,
  forgets: 5,
  struck: 6,
  writes: 7,
  syncs: 8,
  truncates: 9,
}
const words = 16

export interface IoShim extends Disposable {
  /** To start a process with. */
  readonly env: Readonly<Record<string, string>>
  strike(strike: Strike): void
  heal(): void
  /** Calls that have failed. */
  readonly struck: number
  /** Calls on the files, also those that failed. */
  readonly calls: { readonly writes: number; readonly syncs: number; readonly truncates: number }
}

export interface IoShimOptions {
  /** Only calls on files in it can fail. */
  readonly folder: string
  /** Made; not in the folder. */
  readonly controlFile: string
}

/** What was written since the last sync is lost when a sync fails, as a kernel may do it. */
export function openIoShim({ folder, controlFile }: IoShimOptions): IoShim {
  const library = compiledShim()
  const fd = openSync(controlFile, 'w+')
  const write = (at: number, values: readonly number[]) => {
    writeSync(fd, new Uint8Array(Uint32Array.from(values).buffer), 0, values.length * 4, at * 4)
  }
  const read = (at: number): number => {
    const value = new Uint32Array(1)
    readSync(fd, new Uint8Array(value.buffer), 0, 4, at * 4)
    return value[0] ?? 0
  }
  write(0, new Array<number>(words).fill(0))
  write(word.forgets, [1])
  return {
    env: { LD_PRELOAD: library, SEKALI_FAULT_FOLDER: realpathSync(folder), SEKALI_FAULT_CONTROL: controlFile },
    strike({ calls, files, before, times, error }) {
      write(word.kinds, [0])
      const errno = error === 'short' ? 0 : constants.errno[error]
      write(word.files, [files.reduce((mask, file) => mask | fileKinds[file], 0), before, errno, times])
      write(word.kinds, [calls.reduce((mask, call) => mask | callKinds[call], 0)])
    },
    heal: () => write(word.kinds, [0]),
    get struck() {
      return read(word.struck)
    },
    get calls() {
      return { writes: read(word.writes), syncs: read(word.syncs), truncates: read(word.truncates) }
    },
    [Symbol.dispose]: () => closeSync(fd),
  }
}

/** Compiled once for each version of the source; kept where temporary files are. @throws Error when there is no compiler. */
function compiledShim(): string {
  const library = join(tmpdir(), `sekali-io-faults-${hash('sha256', readFileSync(source)).slice(0, 16)}.so`)
  if (existsSync(library)) return library
  // Others may do the same at the same time: whoever is last replaces it by an equal one, at once.
  const made = join(mkdtempSync(join(tmpdir(), 'sekali-shim-')), 'io-faults.so')
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-shared', '-fPIC', '-o', made, source, '-ldl', '-lpthread'])
  renameSync(made, library)
  return library
}
