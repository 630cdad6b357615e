/** The aggregator in this process, on a free port, as tests talk to it: over HTTP. */
import { pino } from 'pino'
import type { Config } from '../../src/app/config.ts'
import { type Aggregator, startAggregator } from '../../src/app/start-aggregator.ts'
import { afterTest, type Scope } from './after-test.ts'
import type { WireEvent } from './events.ts'

export interface TestServer {
  readonly url: string
  /** JSON Lines that were logged so far. */
  readonly logLines: readonly string[]
  get(path: string, init?: RequestInit): Promise<Response>
  /** The parsed body of a GET that must answer 200. */
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on what they read
  getJson(path: string): Promise<any>
  /** Sends any body; JSON unless the headers say otherwise. */
  post(path: string, body: NonNullable<RequestInit['body']>, headers?: Record<string, string>): Promise<Response>
  publish(...events: readonly WireEvent[]): Promise<Response>
  close(): Promise<void>
}

/** Starts a server over `memory:` unless the config says otherwise; it is closed after the test. */
export async function startTestServer(t: Scope, config: Partial<Config> = {}): Promise<TestServer> {
  const logLines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void logLines.push(line) })
  const aggregator = await startAggregator({ port: 0, store: 'memory:', ...config }, logger)
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= aggregator[Symbol.asyncDispose]()
    return closing
  }
  afterTest(t, close)
  return { ...clientOf(aggregator), logLines, close }
}

/** Requests to a running server, wherever it runs. */
export function clientOf({ url }: Pick<Aggregator, 'url'>): Omit<TestServer, 'logLines' | 'close'> {
  const post = (path: string, body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}) =>
    fetch(url + path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  return {
    url,
    get: (path, init) => fetch(url + path, init),
    async getJson(path) {
      const response = await fetch(url + path)
      const text = await response.text()
      if (response.status !== 200) throw new Error(`GET ${path} answered ${response.status}: ${text}`)
      return JSON.parse(text)
    },
    post,
    publish: (...events) => post('/publish', JSON.stringify({ events })),
  }
}
