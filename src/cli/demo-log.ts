/** A log file for `sekali demo` to ship: a real one of this machine, or one that it writes itself. */
import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { PostOptions } from '../client/post-batch.ts'
import type { InputBatch } from './input-batch.ts'
import { logLineBatches } from './log-line-batches.ts'
import { openPublishInput } from './publish-input.ts'
import { publishBatches, type Tally } from './publish-run.ts'

export const demoLogTopic = 'demo.log'

export interface DemoLog {
  readonly path: string
  readonly bytes: number
  /** Found on this machine, not written by the demo. */
  readonly isReal: boolean
}

export const logCandidates: readonly string[] = [
  'dpkg.log',
  'syslog',
  'messages',
  'alternatives.log',
  'bootstrap.log',
  'apt/history.log',
  'dnf.rpm.log',
  'dnf.log',
  'pacman.log',
  'yum.log',
  'kern.log',
  'system.log',
  'install.log',
  'fontconfig.log',
].map((name) => `/var/log/${name}`)

/** The demo stays quick: it ships the start of a large log. */
const maxBytes = 5_000_000
const maxLines = 20_000
const writtenLines = 1000

/** The first candidate that can be read and has a whole line, else a file written into the folder. */
export function findDemoLog(candidates: readonly string[], folder: string): DemoLog {
  for (const path of candidates) {
    const bytes = readableBytes(path)
    if (bytes > 0) return { path, bytes, isReal: true }
  }
  const path = join(folder, 'demo.log')
  const lines = Array.from({ length: writtenLines }, (_, index) => {
    return `${new Date().toISOString()} INFO line ${index + 1} of a log that the demo wrote\n`
  })
  writeFileSync(path, lines.join(''))
  return { path, bytes: readableBytes(path), isReal: false }
}

/** @returns what was acknowledged. @throws ClientError; Error when the file cannot be read. */
export async function shipDemoLog(
  { path, bytes }: DemoLog,
  runId: string,
  run: { readonly post: PostOptions; readonly stop: AbortSignal },
): Promise<Readonly<Tally>> {
  // The source is part of each id: with the run's own, the lines are new to the server, whatever ran before.
  const source = `${hostname().slice(0, 200)}-demo-${runId}`
  const batches = logLineBatches(openPublishInput(path, bytes), { topic: demoLogTopic, source })
  const { tally, failure } = await publishBatches(firstLines(batches), run)
  if (failure !== undefined) throw failure.thrown
  return tally
}

async function* firstLines(batches: AsyncIterable<InputBatch>): AsyncGenerator<InputBatch> {
  for await (const batch of batches) {
    yield batch
    if (batch.readSoFar.line >= maxLines) return
  }
}

/** The bytes to ship; 0 when it is no file, may not be read, or has no whole line. */
function readableBytes(path: string): number {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return 0
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return 0
    const start = Buffer.alloc(64 * 1024)
    const read = readSync(fd, start, 0, start.length, 0)
    return start.subarray(0, read).includes('\n') ? Math.min(stat.size, maxBytes) : 0
  } finally {
    closeSync(fd)
  }
}
