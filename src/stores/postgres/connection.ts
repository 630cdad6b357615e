/**
 * One connection to the primary. Every statement has a time limit, after which the socket is dropped: a cancel request could
 * reach a commit that waits for its standby, and end the wait as if the commit were safe.
 */
import pg from 'pg'
import { AppError } from '../../core/errors.ts'
import { fromPostgresError, isLockTimeout, isSessionLost } from './postgres-error.ts'

/** A statement that the server prepares once per connection. */
export interface Statement {
  /** Unique in this folder. */
  readonly name: string
  readonly text: string
}

export type Row = Readonly<Record<string, unknown>>

/** What the server said beside its answers. */
export interface Warning {
  readonly code: string
  readonly text: string
}

/** A statement that has taken this long is not waited for. */
export const statementLimitMs = 5000
const connectLimitMs = 2000
const bigintType = 20

export class Connection {
  /** Of its host. */
  readonly url: string
  readonly #client: pg.Client
  #warnings: Warning[] = []
  #loss: AppError | undefined
  #isUnanswered = false

  private constructor(url: string, client: pg.Client) {
    this.url = url
    this.#client = client
  }

  /** @param url of one host. @throws AppError `store_unavailable`. */
  static async open(url: string): Promise<Connection> {
    const types = new pg.TypeOverrides()
    types.setTypeParser(bigintType, Number)
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectLimitMs,
      keepAlive: true,
      pipeline: true,
      fallback_application_name: 'sekali',
      types,
    })
    const connection = new Connection(url, client)
    client.on('error', (error) => connection.#lose(fromPostgresError(error)))
    client.on('notice', ({ code = '', message = '' }) => connection.#warn({ code, text: message }))
    try {
      await client.connect()
      return connection
    } catch (thrown) {
      connection.drop('it does not take connections')
      throw fromPostgresError(thrown)
    }
  }

  /** Nothing can be asked any more. */
  get isLost(): boolean {
    return this.#loss !== undefined
  }

  /** The server took a statement and did not come to an end with it. */
  get isUnanswered(): boolean {
    return this.#isUnanswered
  }

  /** A statement that is not prepared, and has no parameters. */
  run(text: string, limitMs = statementLimitMs): Promise<pg.QueryResult<Row>> {
    return this.#ask({ text }, limitMs)
  }

  /**
   * Statements asked one after the other without waiting for the answers go over the network together.
   *
   * @param values texts, numbers, or binary arrays of this folder's making.
   * @throws AppError as `fromPostgresError`; when the connection is lost, what became of the statement is unknown.
   */
  async query(statement: Statement, values: readonly unknown[] = [], limitMs = statementLimitMs): Promise<Row[]> {
    return (await this.#ask({ ...statement, values: [...values] }, limitMs)).rows
  }

  /** What the server has warned of since the last call. */
  takeWarnings(): readonly Warning[] {
    const warnings = this.#warnings
    this.#warnings = []
    return warnings
  }

  /** Ends it at once, whatever is under way. */
  drop(reason: string, cause?: unknown): void {
    this.#lose(new AppError('store_unavailable', `the connection to PostgreSQL was dropped: ${reason}`, { cause }))
    this.#client.connection.stream.destroy()
  }

  /** Ends it after what is under way. */
  async close(): Promise<void> {
    if (this.isLost) return
    this.#loss = new AppError('store_unavailable', 'the store is closed')
    // A server that does not answer is not waited for.
    const timer = setTimeout(() => this.#client.connection.stream.destroy(), statementLimitMs)
    await this.#client.end().catch(() => {})
    clearTimeout(timer)
  }

  async #ask(config: pg.QueryConfig, limitMs: number): Promise<pg.QueryResult<Row>> {
    if (this.#loss !== undefined) throw this.#loss
    const timer = setTimeout(() => {
      this.#isUnanswered = true
      this.drop(`no answer within ${limitMs} ms`)
    }, limitMs)
    try {
      return await this.#client.query<Record<string, unknown>>(config)
    } catch (thrown) {
      if (isLockTimeout(thrown)) this.#isUnanswered = true
      if (isSessionLost(thrown)) this.drop(fromPostgresError(thrown).message, thrown)
      throw this.#loss ?? fromPostgresError(thrown)
    } finally {
      clearTimeout(timer)
    }
  }

  #lose(error: AppError): void {
    this.#loss ??= error
  }

  #warn(warning: Warning): void {
    const isNotice = warning.code.startsWith('00') || warning.code.startsWith('42')
    if (!isNotice && this.#warnings.length < maxWarnings) this.#warnings.push(warning)
  }
}

const maxWarnings = 100
