/** What `sekali bench` tells: the table, the same as JSON and CSV, and whether its numbers add up. */
import { version } from '../app/own-package.ts'
import { type Machine, machineText } from './bench-machine.ts'
import type { BenchOptions } from './bench-options.ts'
import type { BenchRow } from './bench-rows.ts'
import { type Measurement, warmUpMs } from './bench-run.ts'
import { counted, formatCount } from './format.ts'

export interface BenchReport {
  readonly options: BenchOptions
  readonly machine: Machine
  readonly startedAt: Date
  readonly rows: readonly BenchRow[]
  readonly faults: readonly string[]
  readonly isOnMemoryDisk: boolean
}

/** @returns what does not add up, with the measurement that it is about. */
export function allFaults(measurements: readonly Measurement[]): string[] {
  return measurements.flatMap(({ size, faults }) =>
    faults.map((fault) => `${counted(size, 'event')} a batch: ${fault}`),
  )
}

/** Such a share of one CPU, or more, and the generator may be what is measured. */
const busyGeneratorCpu = 0.9

export function reportText(report: BenchReport): string {
  const { options, machine, rows, faults, isOnMemoryDisk } = report
  const cells = [tableHead, ...rows.map(tableRow)]
  const widths = tableHead.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const isSpreadShown = options.repeat > 1
  const table = cells.map((row) =>
    row
      .map((cell, column) => cell.padStart(widths[column] ?? 0))
      .filter((_, column) => isSpreadShown || column !== spreadColumn)
      .join('  '),
  )
  const notes = rows
    .filter(({ generatorCpu }) => generatorCpu >= busyGeneratorCpu)
    .map(({ size }) => `At ${size} a batch the load generator was busy all the time: the server may do more.`)
  if (isOnMemoryDisk) {
    notes.push('The temporary folder is in memory, where fsync costs nothing; set TMPDIR to one on a disk.')
  }
  return `${[
    `sekali ${version}, Node ${process.version}, ${machineText(machine)}`,
    `${loadText(options)}\n`,
    ...table,
    '',
    ...notes,
    proofText(rows, faults),
  ].join('\n')}\n`
}

/** What was sent, for how long, to what. */
export function loadText(options: BenchOptions): string {
  const { url, store, durationMs, repeat, duplicateRatio, payloadBytes, idKind, topics } = options
  const times = repeat === 1 ? `${durationMs / 1000} s a size` : `${repeat} × ${durationMs / 1000} s a size`
  const events = `${idKind} ids, ${counted(topics, 'topic')}, payloads of ${payloadBytes} B`
  return `${url ?? store ?? 'sqlite'}, ${times}, ${events}, ${Math.round(duplicateRatio * 1000) / 10} % duplicates`
}

const tableHead = ['batch', 'connections', 'events/s', 'min–max', 'requests/s', 'p50 ms', 'p99 ms', 'max ms']
const spreadColumn = 3

function tableRow(row: BenchRow): string[] {
  const { median, min, max } = row.eventsPerSecond
  return [
    formatCount(row.size),
    formatCount(row.connections),
    formatCount(median),
    `${formatCount(min)}–${formatCount(max)}`,
    formatCount(row.requestsPerSecond.median),
    row.p50Ms.toFixed(1),
    row.p99Ms.toFixed(1),
    row.maxMs.toFixed(1),
  ]
}

function proofText(rows: readonly BenchRow[], faults: readonly string[]): string {
  if (faults.length > 0) return `The numbers do NOT add up:\n${faults.map((fault) => `  ${fault}`).join('\n')}`
  const [sent, unique, duplicates, refused] = (['sent', 'unique', 'duplicates', 'refused'] as const).map((name) =>
    formatCount(rows.reduce((total, row) => total + row[name], 0)),
  )
  const sum = `${sent} events sent = ${unique} unique + ${duplicates} duplicates + ${refused} refused`
  return `Every number adds up, warm-ups too: ${sum};\nthe batches held as many unique ones, and the server counted the same.`
}

export function reportJson({ options, machine, startedAt, rows, faults, isOnMemoryDisk }: BenchReport): string {
  const { url, store, sizes, connections, durationMs, repeat, duplicateRatio, payloadBytes, idKind, topics, seed } =
    options
  const document = {
    sekali: version,
    node: process.version,
    started_at: startedAt.toISOString(),
    machine: {
      cpus: machine.cpus,
      model: machine.model,
      memory_bytes: machine.memoryBytes,
      platform: machine.platform,
    },
    options: {
      url,
      store,
      sizes,
      connections,
      duration_seconds: durationMs / 1000,
      warm_up_seconds: warmUpMs(options) / 1000,
      repeat,
      duplicate_ratio: duplicateRatio,
      payload_bytes: payloadBytes,
      ids: idKind,
      topics,
      seed,
    },
    is_on_memory_disk: isOnMemoryDisk,
    rows: rows.map(rowJson),
    proof: { adds_up: faults.length === 0, faults },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** One line for each row, under a line of names. */
export function reportCsv(rows: readonly BenchRow[]): string {
  const lines = rows.map((row) => Object.values(rowJson(row)).map((value) => value ?? ''))
  const names = rows.slice(0, 1).map((row) => Object.keys(rowJson(row)))
  return [...names, ...lines].map((line) => `${line.join(',')}\n`).join('')
}

function rowJson(row: BenchRow) {
  return {
    batch_size: row.size,
    connections: row.connections,
    events_per_s: Math.round(row.eventsPerSecond.median),
    events_per_s_min: Math.round(row.eventsPerSecond.min),
    events_per_s_max: Math.round(row.eventsPerSecond.max),
    requests_per_s: rounded(row.requestsPerSecond.median, 10),
    p50_ms: rounded(row.p50Ms, 1000),
    p99_ms: rounded(row.p99Ms, 1000),
    max_ms: rounded(row.maxMs, 1000),
    sent: row.sent,
    unique: row.unique,
    duplicates: row.duplicates,
    conflicts: row.conflicts,
    refused: row.refused,
    generator_cpu: rounded(row.generatorCpu, 1000),
    original_events_per_s: row.originalEventsPerSecond ?? null,
  }
}

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts
}
