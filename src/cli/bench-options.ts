/** The options of `sekali bench`: from what a person typed to values, or what is wrong with it. */
import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { resolveConfig, UsageError } from '../app/config.ts'
import { eventLimits } from '../core/event.ts'
import { type IdKind, idKinds, minPayloadBytes } from './bench-events.ts'
import { maxListedTopics } from './server-counts.ts'
import { checkServerUrl } from './server-options.ts'

/** As typed. */
export interface BenchFlags {
  readonly url?: string
  readonly store?: string
  readonly sizes: string
  readonly connections?: string
  readonly duration: string
  readonly repeat: string
  readonly duplicates: string
  readonly payload: string
  readonly ids: string
  readonly topics: string
  readonly seed: string
  readonly json?: true
  readonly csv?: string
  readonly svg?: string
}

export interface BenchOptions {
  /** A running server; undefined: one of its own. */
  readonly url: string | undefined
  /** Of its own server; undefined: a temporary SQLite file. */
  readonly store: string | undefined
  /** Events a batch, ascending. */
  readonly sizes: readonly number[]
  /** For all sizes; undefined: each size has its default. */
  readonly connections: number | undefined
  /** Of each measurement. */
  readonly durationMs: number
  readonly repeat: number
  readonly duplicateRatio: number
  readonly payloadBytes: number
  readonly idKind: IdKind
  readonly topics: number
  readonly seed: number
  readonly isJson: boolean
  readonly csvPath: string | undefined
  readonly svgPath: string | undefined
}

/** Envelope and comma of an event, at most about this much. */
const envelopeBytes = 200

/** @throws UsageError naming the option. */
export function parseBenchFlags(flags: BenchFlags): BenchOptions {
  if (flags.url !== undefined && flags.store !== undefined) {
    throw new UsageError('--store is for a server of its own; the one at --url has its store already')
  }
  const options: BenchOptions = {
    url: flags.url === undefined ? undefined : checkServerUrl(flags.url, '--url'),
    store: flags.store === undefined ? undefined : resolveConfig({ store: flags.store }, {}).store,
    sizes: parseSizes(flags.sizes),
    connections: flags.connections === undefined ? undefined : wholeNumber('connections', flags.connections, [1, 1024]),
    durationMs: number('duration', flags.duration, [0.05, 3600]) * 1000,
    repeat: wholeNumber('repeat', flags.repeat, [1, 100]),
    duplicateRatio: number('duplicates', flags.duplicates, [0, 1]),
    payloadBytes: wholeNumber('payload', flags.payload, [minPayloadBytes, 1_000_000]),
    idKind: parseIdKind(flags.ids),
    topics: wholeNumber('topics', flags.topics, [1, 100_000]),
    seed: wholeNumber('seed', flags.seed, [0, 2 ** 32 - 1]),
    isJson: flags.json === true,
    csvPath: writablePath('csv', flags.csv),
    svgPath: writablePath('svg', flags.svg),
  }
  checkBodies(options)
  if (options.url !== undefined && options.topics >= maxListedTopics) {
    throw new UsageError(
      `--topics must be below ${maxListedTopics} with --url: the server lists no more to compare with`,
    )
  }
  return options
}

/** More connections than that do not help, fewer leave the server idle between two commits. */
export function connectionsFor(size: number, { connections }: BenchOptions): number {
  return connections ?? (size === 1 ? 64 : size <= 100 ? 8 : 4)
}

function checkBodies({ url, sizes, payloadBytes }: BenchOptions): void {
  const largest = (sizes.at(-1) ?? 1) * (payloadBytes + envelopeBytes)
  // Its own server takes its limits from the environment, as `sekali serve` does.
  const limit = url === undefined ? resolveConfig({}, process.env).bodyLimitBytes : Number.POSITIVE_INFINITY
  if (largest <= limit) return
  throw new UsageError(
    `--payload ${payloadBytes} makes a batch of ${sizes.at(-1)} about ${largest} bytes, and the server takes ${limit}`,
  )
}

function parseSizes(text: string): number[] {
  const sizes = text.split(',').map((size) => wholeNumber('sizes', size.trim(), [1, eventLimits.maxBatchEvents]))
  return [...new Set(sizes)].sort((a, b) => a - b)
}

function parseIdKind(text: string): IdKind {
  const kind = idKinds.find((candidate) => candidate === text)
  if (kind !== undefined) return kind
  throw new UsageError(`--ids must be one of ${idKinds.join(', ')}, not "${text}"`)
}

function wholeNumber(flag: string, text: string, [min, max]: readonly [number, number]): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  const what = flag === 'sizes' ? 'whole numbers with commas between' : 'a whole number'
  throw new UsageError(`--${flag} must be ${what}, from ${min} to ${max}, not "${text}"`)
}

function number(flag: string, text: string, [min, max]: readonly [number, number]): number {
  const value = Number(text)
  if (/^\d*\.?\d+$/.test(text) && value >= min && value <= max) return value
  throw new UsageError(`--${flag} must be a number from ${min} to ${max}, not "${text}"`)
}

/** Looked at before the run, not after minutes of it. */
function writablePath(flag: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory()) throw new Error('it is a folder')
    accessSync(found === undefined ? dirname(resolve(path)) : path, constants.W_OK)
  } catch (thrown) {
    throw new UsageError(`--${flag} ${path} cannot be written: ${(thrown as Error).message}`, { cause: thrown })
  }
  return path
}
