/**
 * A file that comes about in pieces, and under its name only when it is whole. Beside it, until then: FILE.part with what is
 * there so far, FILE.part.json with how much of that is durable, and FILE.part.lock, which one process can hold. Killed at
 * any moment, the next run cuts FILE.part to what is certain and goes on.
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { UsageError } from '../../app/config.ts'
import { createLock, type SpoolLock } from '../../client/spool/spool-lock.ts'

/** How far it has come. */
export interface PartState<P> {
  readonly bytes: number
  /** Of the writer: where to go on. */
  readonly place: P
}

interface StateFile<P> extends PartState<P> {
  readonly version: 1
  /** What is written; another run must ask for the same. */
  readonly purpose: string
}

export interface PartFileOptions<P> {
  readonly path: string
  readonly purpose: string
  /** Of a file that begins anew. */
  readonly firstPlace: () => Promise<P>
  /** May throw when the place is of no use any more. */
  readonly checkPlace: (place: P) => Promise<void>
}

/** Whichever comes first: little is lost by a kill, and a disk has not much to wait for. */
const checkpointBytes = 8 * 1024 * 1024
const checkpointIntervalMs = 1000

export class PartFile<P> implements AsyncDisposable {
  readonly #target: string
  readonly #purpose: string
  readonly #lock: SpoolLock
  readonly #part: FileHandle
  #state: PartState<P>
  #durableBytes: number
  /** Monotonic; of the last checkpoint. */
  #durableAtMs = performance.now()

  /** @throws UsageError when FILE cannot be written, is no file, or was begun with other options. */
  static async open<P>(options: PartFileOptions<P>): Promise<PartFile<P>> {
    const target = targetOf(options.path)
    const lock = createLock(`${target}.part.lock`)
    if (lock === undefined) throw new UsageError(`${options.path}: ${lockFault(target)}`)
    try {
      const begun = readState<P>(target, options.purpose)
      if (begun !== undefined) await options.checkPlace(begun.place)
      const state = begun ?? { bytes: 0, place: await options.firstPlace() }
      // Before the part: a part without a state is a file of somebody else.
      if (begun === undefined) await writeState(target, { version: 1, purpose: options.purpose, ...state })
      const part = await open(partOf(target), begun === undefined ? 'w' : 'r+')
      await part.truncate(state.bytes)
      return new PartFile({ target, purpose: options.purpose, lock, part, state })
    } catch (thrown) {
      lock.remove()
      throw thrown
    }
  }

  private constructor(parts: {
    readonly target: string
    readonly purpose: string
    readonly lock: SpoolLock
    readonly part: FileHandle
    readonly state: PartState<P>
  }) {
    this.#target = parts.target
    this.#purpose = parts.purpose
    this.#lock = parts.lock
    this.#part = parts.part
    this.#state = parts.state
    this.#durableBytes = parts.state.bytes
  }

  get state(): PartState<P> {
    return this.#state
  }

  /** @param place where to go on after these bytes. */
  async append(bytes: Buffer, place: P): Promise<void> {
    let written = 0
    while (written < bytes.length) {
      const at = this.#state.bytes + written
      written += (await this.#part.write(bytes, written, bytes.length - written, at)).bytesWritten
    }
    this.#state = { bytes: this.#state.bytes + bytes.length, place }
    const isDue = performance.now() - this.#durableAtMs >= checkpointIntervalMs
    if (isDue || this.#state.bytes - this.#durableBytes >= checkpointBytes) await this.checkpoint()
  }

  /** What was appended is not asked for again. */
  async checkpoint(): Promise<void> {
    // The state must not say more than the disk has.
    await this.#part.datasync()
    await writeState(this.#target, { version: 1, purpose: this.#purpose, ...this.#state })
    this.#durableBytes = this.#state.bytes
    this.#durableAtMs = performance.now()
  }

  /** It is whole: it gets its name, in place of an older file. */
  async finish(): Promise<void> {
    await this.#part.sync()
    await rename(partOf(this.#target), this.#target)
    await syncFolderOf(this.#target)
    // The new one is left by a kill while it was written, or by a full disk.
    for (const path of [stateOf(this.#target), newStateOf(this.#target)]) await rm(path, { force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#part.close()
    this.#lock.remove()
  }
}

function partOf(target: string): string {
  return `${target}.part`
}

function stateOf(target: string): string {
  return `${target}.part.json`
}

function newStateOf(target: string): string {
  return `${stateOf(target)}.new`
}

/** Where a link leads to: it is the file that is replaced, not the link. */
function targetOf(path: string): string {
  if (!existsSync(path)) return path
  if (!statSync(path).isFile()) throw new UsageError(`${path} is no file; leave --out away and use > or a pipe`)
  return realpathSync(path)
}

function lockFault(target: string): string {
  if (!existsSync(dirname(target))) return 'there is no such folder'
  return existsSync(`${target}.part.lock`) ? 'another export writes it' : 'it cannot be written there'
}

/** @returns undefined when there is nothing to go on with. */
function readState<P>(target: string, purpose: string): PartState<P> | undefined {
  if (!existsSync(stateOf(target))) {
    if (!existsSync(partOf(target))) return undefined
    throw new UsageError(`${partOf(target)} is there, and was not left by an export; move it away`)
  }
  const state = parseState<P>(readFileSync(stateOf(target), 'utf8'))
  const advice = `remove ${partOf(target)} and ${stateOf(target)} to begin anew`
  if (state === undefined) throw new UsageError(`${stateOf(target)} was not written by this version; ${advice}`)
  if (state.purpose !== purpose) {
    throw new UsageError(`${partOf(target)} was begun with other options (${state.purpose}); ${advice}`)
  }
  if (!existsSync(partOf(target))) return undefined
  const { size } = statSync(partOf(target))
  if (size < state.bytes) throw new UsageError(`${partOf(target)} was cut since it was written; ${advice}`)
  return state
}

function parseState<P>(text: string): StateFile<P> | undefined {
  try {
    const state = JSON.parse(text) as StateFile<P>
    return state.version === 1 && Number.isSafeInteger(state.bytes) ? state : undefined
  } catch {
    return undefined
  }
}

async function writeState<P>(target: string, state: StateFile<P>): Promise<void> {
  const path = newStateOf(target)
  {
    await using file = await open(path, 'w')
    await file.writeFile(`${JSON.stringify(state)}\n`)
    await file.datasync()
  }
  await rename(path, stateOf(target))
}

/** A new name is durable when its folder is. */
async function syncFolderOf(target: string): Promise<void> {
  await using folder = await open(dirname(target) || basename('.'), 'r')
  await folder.sync()
}
