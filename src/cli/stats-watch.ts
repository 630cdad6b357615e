/** Readings of the counters over and over: repainted in place in a terminal, a line each anywhere else. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError } from '../client/client-error.ts'
import { type CounterSample, type PerSecond, perSecond, withSample } from '../client/counter-rates.ts'
import type { StatsAnswer } from '../http/wire-types.ts'
import { acceptClosedPipes } from './closed-pipes.ts'
import { errorText } from './error-text.ts'
import { exitCode } from './exit-code.ts'
import { formatCount, formatDuration, formatPerSecond } from './format.ts'
import { note, print, styled, terminalColumns } from './output.ts'
import type { ServerAddress } from './server-options.ts'
import { readStats } from './stats-reading.ts'
import { statsText } from './stats-text.ts'
import { listenForStop } from './stop-signal.ts'
import { type Column, cutTo, rowText } from './table.ts'

export interface WatchOptions {
  readonly everyMs: number
  readonly maxReadings: number
  readonly isJson: boolean
}

/** What shows the readings, and says that there are none. */
interface Display {
  show(reading: Reading): Promise<void>
  /** Of every attempt while the server is away. */
  showAway(away: Away): Promise<void>
}

interface Reading {
  readonly text: string
  readonly stats: StatsAnswer
  readonly rates: PerSecond | undefined
  /** How long the server was away before; undefined: it was not. */
  readonly awayMs: number | undefined
  /** Its process is another than the one before. */
  readonly isRestarted: boolean
}

interface Away {
  readonly reason: string
  readonly awayMs: number
}

/** @throws ClientError when the first reading fails, or the server refuses one. */
export async function watchStats(server: ServerAddress, options: WatchOptions): Promise<number> {
  using stop = listenForStop()
  const closed = new AbortController()
  acceptClosedPipes(() => closed.abort())
  const signal = AbortSignal.any([stop.signal, closed.signal])
  const display = options.isJson ? jsonLines() : terminalColumns() === undefined ? tableLines() : screen()
  try {
    await readAgainAndAgain(server, { ...options, signal, display })
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
  return closed.signal.aborted ? exitCode.ok : (stop.exitCode ?? exitCode.ok)
}

interface Watch extends WatchOptions {
  readonly signal: AbortSignal
  readonly display: Display
}

async function readAgainAndAgain(server: ServerAddress, watch: Watch): Promise<void> {
  const { everyMs, maxReadings, signal, display } = watch
  let samples: readonly CounterSample[] = []
  let last: StatsAnswer | undefined
  let awaySinceMs: number | undefined
  for (let readings = 0; ; ) {
    const startedAtMs = performance.now()
    try {
      const { text, stats } = await readStats(server, signal)
      samples = withSample(samples, sampleOf(stats))
      const awayMs = awaySinceMs === undefined ? undefined : startedAtMs - awaySinceMs
      const isRestarted = last !== undefined && stats.uptime_seconds < last.uptime_seconds
      await display.show({ text, stats, rates: perSecond(samples), awayMs, isRestarted })
      last = stats
      awaySinceMs = undefined
      readings++
    } catch (thrown) {
      // What may heal is waited for, once it was seen to work.
      if (last === undefined || !(thrown instanceof ClientError) || !thrown.retryable) throw thrown
      awaySinceMs ??= startedAtMs
      await display.showAway({ reason: errorText(thrown).split('\n')[0] ?? '', awayMs: startedAtMs - awaySinceMs })
    }
    if (readings >= maxReadings) return
    await sleep(Math.max(0, everyMs - (performance.now() - startedAtMs)), undefined, { signal })
  }
}

function sampleOf(stats: StatsAnswer): CounterSample {
  return {
    uptimeSeconds: stats.uptime_seconds,
    unique: stats.unique_processed,
    duplicates: stats.duplicate_dropped,
  }
}

function jsonLines(): Display {
  return {
    async show(reading) {
      noteReturn(reading)
      await print(`${reading.text}\n`)
    },
    showAway: noteAway,
  }
}

const columns: readonly Column[] = [
  { title: 'TIME' },
  { title: 'RECEIVED', align: 'right' },
  { title: 'UNIQUE', align: 'right' },
  { title: 'DUPLICATES', align: 'right' },
  { title: 'CONFLICTS', align: 'right' },
  { title: 'UNIQUE/S', align: 'right' },
  { title: 'DUP/S', align: 'right' },
  { title: 'QUEUE', align: 'right' },
]
/** Of numbers to come: 99,999,999,999. */
const widths = [24, 14, 14, 14, 11, 9, 9, 7]

function tableLines(): Display {
  let isFirst = true
  const line = (row: readonly string[]) => `${rowText(columns, row, { columns: undefined, widths })}\n`
  return {
    async show(reading) {
      noteReturn(reading)
      const { stats, rates } = reading
      const head = isFirst ? line(columns.map(({ title }) => title)) : ''
      isFirst = false
      const counts = [stats.received, stats.unique_processed, stats.duplicate_dropped, stats.conflicts].map(formatCount)
      const perSecond = [rates?.unique, rates?.duplicates].map((rate) =>
        rate === undefined ? '-' : formatPerSecond(rate),
      )
      await print(head + line([new Date().toISOString(), ...counts, ...perSecond, formatCount(stats.queue.size)]))
    },
    showAway: noteAway,
  }
}

async function noteAway({ reason, awayMs }: Away): Promise<void> {
  if (awayMs === 0) note(`${reason}; trying again`)
}

function noteReturn({ awayMs, isRestarted }: Reading): void {
  if (awayMs !== undefined)
    note(`The server is back after ${formatDuration(awayMs)}${isRestarted ? ', started again' : ''}.`)
  else if (isRestarted) note('The server was started again.')
}

/** The last reading stays on the terminal when it ends. */
function screen(): Display {
  let paintedLines = 0
  let lines: readonly string[] = []
  const paint = async (texts: readonly string[], note: string) => {
    const { columns, rows } = process.stdout
    // A terminal that does not know its size says 0.
    const [width, height] = [columns || 80, rows || 24]
    // What is scrolled away cannot be repainted.
    const shown = [...texts.slice(0, Math.max(0, height - 2)), cutTo(note, width)]
    const toTop = paintedLines === 0 ? '' : `\u001b[${paintedLines}A`
    paintedLines = shown.length
    // Erased line by line as it is written over: erasing all before it would flicker.
    await print(`${toTop}\r${shown.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`)
  }
  return {
    async show({ stats, rates, isRestarted }) {
      lines = statsText(stats, rates).map((line) => cutTo(line, process.stdout.columns || 80))
      await paint(lines, isRestarted ? 'The server was started again.' : '')
    },
    showAway: ({ reason, awayMs }) => {
      const dimmed = lines.map((line) => styled('dim', line))
      return paint(dimmed, `away for ${formatDuration(awayMs)}: ${reason}`)
    },
  }
}
