/** Structured logs on stderr: JSON for machines, one short line each on a terminal. */
import { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'

/** Log text that may wait for a slow reader of stderr; beyond it lines are dropped, never kept. */
const maxWaitingBytes = 4 * 1024 * 1024

export interface LogSink {
  readonly logger: Logger
  /** Writes out what is waiting. To be called once, before the process ends. */
  flush(): void
}

export function openLog(level: string): LogSink {
  if (process.stderr.isTTY) return { logger: pino({ level }, terminalStream()), flush: () => {} }
  const destination = pino.destination({ fd: 2, sync: false, maxLength: maxWaitingBytes })
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
  return { logger, flush: () => destination.flushSync() }
}

function terminalStream(): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string, _, done) {
      process.stderr.write(forTerminal(line), () => done())
    },
  })
}

function forTerminal(line: string): string {
  const { level, time, msg, pid, hostname, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const label = pino.levels.labels[Number(level)] ?? ''
  const details = Object.entries(rest).map(([key, value]) => ` ${key}=${JSON.stringify(value).slice(0, 200)}`)
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${err.stack}` : ''
  return `${new Date(Number(time)).toLocaleTimeString()} ${label.padEnd(5)} ${msg ?? ''}${details.join('')}${stack}\n`
}
