/**
 * As much of PostgreSQL's protocol (version 3) as the benchmark needs: log in, prepare a statement, execute it with texts
 * as parameters. Each request is one piece of bytes, and its answer ends with ReadyForQuery.
 */
import { type Exchange, openExchange } from './exchange.ts'

export interface PostgresqlAnswer {
  /** As in "INSERT 0 100", without parameters of the command; empty when nothing was executed. */
  readonly commandTag: string
  /** The first column of the last row. */
  readonly value: string
}

export interface PostgresqlLogin {
  readonly user: string
  readonly password: string
}

const protocolVersion = 196_608
/** Of message 'R': the server wants the password as it is. */
const cleartextPassword = 3
const readyForQuery = 'Z'
const nothing: PostgresqlAnswer = { commandTag: '', value: '' }

/** @throws Error with the server's text when it refuses. */
export async function openPostgresqlConnection(
  port: number,
  { user, password }: PostgresqlLogin,
): Promise<Exchange<PostgresqlAnswer>> {
  await using opened = new AsyncDisposableStack()
  const exchange = opened.use(await openExchange(port, parseAnswer))
  await exchange.send(
    withLength(
      Buffer.concat([
        int32(protocolVersion),
        cText('user'),
        cText(user),
        cText('database'),
        cText('postgres'),
        cText(''),
      ]),
    ),
  )
  await exchange.send(frame('p', cText(password)))
  opened.move()
  return exchange
}

/** One or several statements without parameters. */
export function simpleQuery(sql: string): Buffer {
  return frame('Q', cText(sql))
}

/** The server works out the types of the parameters. */
export function parseStatement(name: string, sql: string): Buffer {
  return Buffer.concat([frame('P', cText(name), cText(sql), int16(0)), frame('S')])
}

/** Executes a statement that was parsed on the same connection, in a transaction of its own. */
export function executeStatement(name: string, texts: readonly string[]): Buffer {
  const values = texts.flatMap((text) => [int32(Buffer.byteLength(text)), Buffer.from(text)])
  const allText = int16(0)
  return Buffer.concat([
    frame('B', cText(''), cText(name), allText, int16(texts.length), ...values, allText),
    frame('E', cText(''), int32(0)),
    frame('S'),
  ])
}

function parseAnswer(received: Buffer): PostgresqlAnswer | undefined {
  let { commandTag, value } = nothing
  let refusal: string | undefined
  for (let at = 0; received.length >= at + 5; ) {
    const type = String.fromCharCode(received[at] ?? 0)
    const end = at + 1 + received.readInt32BE(at + 1)
    if (received.length < end) return undefined
    const body = received.subarray(at + 5, end)
    if (type === 'C') commandTag = body.toString('utf8', 0, body.length - 1)
    else if (type === 'D') value = firstColumn(body)
    else if (type === 'R' && body.readInt32BE(0) === cleartextPassword) return nothing
    else if (type === 'E') {
      refusal = body.toString('utf8').replaceAll('\0', ' ')
      // While logging in, the server hangs up without a ReadyForQuery.
      if (refusal.includes('FATAL')) throw new Error(`postgresql answered ${refusal}`)
    } else if (type === readyForQuery) {
      if (refusal !== undefined) throw new Error(`postgresql answered ${refusal}`)
      return { commandTag, value }
    }
    at = end
  }
  return undefined
}

function firstColumn(row: Buffer): string {
  return row.toString('utf8', 6, 6 + Math.max(0, row.readInt32BE(2)))
}

function frame(type: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(type), withLength(Buffer.concat(parts))])
}

/** The length counts itself. */
function withLength(body: Buffer): Buffer {
  return Buffer.concat([int32(body.length + 4), body])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function cText(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}
