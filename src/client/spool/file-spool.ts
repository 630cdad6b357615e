/**
 * The entry `sekali/client/spool`: events in files of a folder until the server has acknowledged them. Node only.
 *
 * ```ts
 * import { Publisher } from 'sekali/client'
 * import { openFileSpool } from 'sekali/client/spool'
 *
 * await using publisher = new Publisher({ url, topic, source, spool: openFileSpool('/var/spool/my-program') })
 * ```
 *
 * Written when `enqueue` returns or `publish` has been called, which outlives the process; synced to the disk every second,
 * when a file is full and at the end, which outlives the machine. Several processes may share the folder: each has files of
 * its own, and one that starts takes over those of the dead.
 *
 * @module sekali/client/spool
 */
import { appendFileSync, closeSync, fsyncSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ClientError } from '../client-error.ts'
import type { Spool, SpooledEvent } from '../spool.ts'
import { encodeLine } from './spool-line.ts'
import { createLock, type SpoolLock, takeLock } from './spool-lock.ts'
import { SpoolSegment } from './spool-segment.ts'

/** The bounds of a spool. */
export interface FileSpoolOptions {
  /** Of all files of this process and those it took over, and as much again of what is set aside; 256 MiB unless given. */
  readonly maxBytes?: number
  /** Of one file; 4 MiB unless given. A file is removed when all of it is acknowledged. */
  readonly maxFileBytes?: number
  /** How long an event may be written and not synced; 1 s unless given. */
  readonly syncIntervalMs?: number
}

/** Files of one process, which is this one or dead. */
interface Owner {
  readonly lock: SpoolLock
  readonly segments: Set<SpoolSegment>
}

const segmentName = /^([0-9a-f-]{36})\.\d+\.spool$/
/** Names are random: a second attempt is hardly ever needed. */
const maxNameAttempts = 10

/**
 * Opens the spool for a publisher, which closes it.
 *
 * @param folder on a local disk; made if it is not there. Several processes may share it.
 * @throws ClientError `spool_failed` when the folder cannot be made or written, `spool_full` when the disk is full.
 */
export function openFileSpool(folder: string, options: FileSpoolOptions = {}): FileSpool {
  return new FileSpool(folder, options)
}

export class FileSpool implements Spool {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #maxFileBytes: number
  readonly #syncIntervalMs: number
  readonly #owners = new Map<SpoolSegment, Owner>()
  readonly #own: Owner
  readonly #ownId: string
  /** In the order in which they are read and settled. */
  #segments: SpoolSegment[] = []
  /** The last of them, if it is our own and may grow. */
  #tail: SpoolSegment | undefined
  #appended = 0
  #files = 0
  #bytes = 0
  #corruptLines = 0
  #syncTimer: NodeJS.Timeout | undefined
  #syncError: Error | undefined
  #isClosed = false

  constructor(folder: string, options: FileSpoolOptions) {
    this.#folder = folder
    this.#maxBytes = options.maxBytes ?? 256 * 1024 * 1024
    this.#maxFileBytes = options.maxFileBytes ?? 4 * 1024 * 1024
    this.#syncIntervalMs = options.syncIntervalMs ?? 1000
    try {
      mkdirSync(folder, { recursive: true })
      const { id, lock } = createOwnLock(folder)
      this.#ownId = id
      this.#own = { lock, segments: new Set() }
      this.#adoptAll()
    } catch (thrown) {
      throw failed(`the spool ${folder} cannot be opened`, thrown)
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Lines that were not what had been written; they are in `corrupt.txt` of the folder. */
  get corruptLines(): number {
    return this.#corruptLines
  }

  get nextUnread(): number | undefined {
    return this.#segments.find(({ isRead }) => !isRead)?.nextPosition
  }

  append(text: string, reading: 'done' | 'later'): number {
    if (this.#isClosed) throw new ClientError('closed', 'the spool is closed')
    const line = encodeLine(text)
    if (this.#bytes + line.length > this.#maxBytes) {
      throw new ClientError('spool_full', `the spool holds ${this.#bytes} bytes, of at most ${this.#maxBytes}`)
    }
    try {
      const segment = this.#segmentFor(line)
      segment.append(line)
      this.#bytes += line.length
      if (reading === 'done') segment.skipLast()
    } catch (thrown) {
      throw failed(`the spool ${this.#folder} cannot be written`, thrown)
    }
    this.#syncTimer ??= this.#startSyncTimer()
    return ++this.#appended
  }

  read({ maxEvents, maxBytes }: { readonly maxEvents: number; readonly maxBytes: number }): readonly SpooledEvent[] {
    const events: SpooledEvent[] = []
    let bytes = 0
    for (const segment of this.#segments) {
      while (!segment.isRead && events.length < maxEvents && bytes < maxBytes) {
        const line = segment.readLine()
        if (line === undefined) continue
        const { text, raw, position } = line
        bytes += raw.length
        if (text === undefined) this.#keepCorrupt(raw)
        else events.push({ text, position })
      }
    }
    return events
  }

  settle(count: number): void {
    let left = count
    for (const segment of this.#segments) left = segment.settle(left)
    this.#removeSettled()
  }

  setAside(text: string): void {
    this.#appendTo('refused.ndjson', Buffer.from(`${text}\n`))
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#syncTimer)
    this.#retireTail()
    this.#removeSettled()
    for (const segment of this.#segments) segment.close()
    const left = new Set(this.#segments.map((segment) => this.#owners.get(segment)))
    for (const owner of left) owner?.lock.release()
    if (!left.has(this.#own)) this.#own.lock.remove()
    this.#segments = []
  }

  /** Takes over what dead processes left behind. */
  #adoptAll(): void {
    const ids = new Set(readdirSync(this.#folder).flatMap((name) => segmentName.exec(name)?.[1] ?? []))
    for (const id of [...ids].sort()) {
      const lock = takeLock(join(this.#folder, `${id}.lock`))
      if (lock === undefined) continue
      const owner: Owner = { lock, segments: new Set() }
      // Looked for again now that they are ours: somebody may have been through with them.
      const names = readdirSync(this.#folder).filter((name) => segmentName.exec(name)?.[1] === id)
      for (const name of names.sort()) this.#add(new SpoolSegment(join(this.#folder, name), 'found', 0), owner)
      if (names.length === 0) lock.remove()
    }
    this.#removeSettled()
  }

  #add(segment: SpoolSegment, owner: Owner): void {
    this.#segments.push(segment)
    this.#owners.set(segment, owner)
    owner.segments.add(segment)
    this.#bytes += segment.bytes
  }

  #segmentFor(line: Buffer): SpoolSegment {
    if (this.#syncError !== undefined) {
      const error = this.#syncError
      this.#syncError = undefined
      // After a failed sync nobody knows what of the file is on the disk: what comes now goes into another one.
      this.#tail = undefined
      throw error
    }
    if (this.#tail !== undefined && this.#tail.bytes + line.length > this.#maxFileBytes) this.#retireTail()
    if (this.#tail === undefined) {
      const name = `${this.#ownId}.${String(++this.#files).padStart(8, '0')}.spool`
      this.#tail = new SpoolSegment(join(this.#folder, name), 'create', this.#appended + 1)
      this.#add(this.#tail, this.#own)
      syncFolder(this.#folder)
    }
    return this.#tail
  }

  #retireTail(): void {
    const tail = this.#tail
    this.#tail = undefined
    if (tail !== undefined && !tail.isSettled) tail.syncNow()
  }

  #removeSettled(): void {
    const left: SpoolSegment[] = []
    for (const segment of this.#segments) {
      if (!segment.isSettled) left.push(segment)
      else if (segment === this.#tail) {
        left.push(segment)
        this.#bytes -= segment.empty()
      } else this.#remove(segment)
    }
    this.#segments = left
  }

  #remove(segment: SpoolSegment): void {
    this.#bytes -= segment.bytes
    segment.remove()
    const owner = this.#owners.get(segment)
    this.#owners.delete(segment)
    owner?.segments.delete(segment)
    if (owner !== undefined && owner !== this.#own && owner.segments.size === 0) owner.lock.remove()
  }

  #startSyncTimer(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#syncTimer = undefined
      this.#tail?.sync((error) => {
        this.#syncError = error
      })
    }, this.#syncIntervalMs)
    return timer.unref()
  }

  #keepCorrupt(raw: Buffer): void {
    this.#corruptLines++
    this.#appendTo('corrupt.txt', Buffer.concat([raw, Buffer.from('\n')]))
  }

  #appendTo(name: string, line: Buffer): void {
    const path = join(this.#folder, name)
    try {
      const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
      if (bytes + line.length <= this.#maxBytes) appendFileSync(path, line)
    } catch {
      // A disk that is full. The loss itself is told by the publisher.
    }
  }
}

function createOwnLock(folder: string): { readonly id: string; readonly lock: SpoolLock } {
  for (let attempt = 0; attempt < maxNameAttempts; attempt++) {
    const id = crypto.randomUUID()
    const lock = createLock(join(folder, `${id}.lock`))
    if (lock !== undefined) return { id, lock }
  }
  throw new Error('no lock could be made')
}

/** So that the name of a new file outlives the machine as well. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

const fullDiskCodes = ['ENOSPC', 'EDQUOT', 'EFBIG']

function failed(text: string, cause: unknown): ClientError {
  if (cause instanceof ClientError) return cause
  const { code, message } = cause as NodeJS.ErrnoException
  const isFull = code !== undefined && fullDiskCodes.includes(code)
  return new ClientError(isFull ? 'spool_full' : 'spool_failed', `${text}: ${message}`, { cause })
}
