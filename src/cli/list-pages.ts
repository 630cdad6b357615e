/** Lists of the server: asked for page by page, and printed as they come, until there are enough. */
import { type ListTexts, listIn } from '../client/json-scan.ts'
import { ask, type Question } from './ask-server.ts'
import { acceptClosedPipes } from './closed-pipes.ts'
import { exitCode } from './exit-code.ts'
import { counted } from './format.ts'
import { wholeNumber } from './option-values.ts'
import { note, print } from './output.ts'
import type { ServerAddress } from './server-options.ts'
import { listenForStop } from './stop-signal.ts'
import { TerminalLine } from './terminal-line.ts'

/** The server gives no more on one page. */
const maxPageItems = 1000

/** Which list. */
export interface ListAddress {
  readonly path: string
  /** The member of the answer that holds the items. */
  readonly list: string
  readonly parameters: NonNullable<Question['parameters']>
}

export interface ListQuestion extends ListAddress {
  readonly cursor: string | undefined
  /** Items of all pages together; undefined: all there are. */
  readonly limit: number | undefined
}

export interface Page extends ListTexts {
  /** The whole answer. */
  readonly text: string
  /** The server's time for one answer ran out; the next page goes on. */
  readonly isPartial: boolean
}

export interface PrintedList extends ListQuestion {
  readonly isJson: boolean
  /** For people; not asked for a page without items. */
  printPage(page: Page, signal: AbortSignal): Promise<void>
  /** The command that goes on there; undefined where none can. */
  readonly commandAt?: (cursor: string) => string
  /** Said to people when there is nothing. */
  readonly emptyText: string
}

/** @returns the exit code. @throws ClientError. */
export async function printList(server: ServerAddress, printed: PrintedList): Promise<number> {
  using stop = listenForStop()
  using line = new TerminalLine(process.stderr, process.env)
  const closed = new AbortController()
  acceptClosedPipes(() => closed.abort())
  const signal = AbortSignal.any([stop.signal, closed.signal])
  let { cursor } = printed
  let count = 0
  try {
    for await (const page of listPages(server, printed, signal)) {
      count += page.items.length
      line[Symbol.dispose]()
      if (printed.isJson) await print(page.items.map(onOneLine).join(''))
      else if (page.items.length > 0) await printed.printPage(page, signal)
      cursor = page.nextCursor
      // Only searches of events run out of time.
      if (page.isPartial) line.paintNow(`searching on: ${counted(count, 'event')} so far`)
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
  line[Symbol.dispose]()
  if (closed.signal.aborted) return exitCode.ok
  if (cursor !== undefined && printed.commandAt !== undefined) note(`More: ${printed.commandAt(cursor)}`)
  else if (count === 0 && !printed.isJson && !signal.aborted) note(printed.emptyText)
  return stop.exitCode ?? exitCode.ok
}

export const defaultLimit = 100

/** What `--limit` and `--all` come to. @throws UsageError. */
export function limitOf({ limit, all }: { readonly limit?: string; readonly all?: true }): number | undefined {
  return all ? undefined : wholeNumber('--limit', limit ?? String(defaultLimit), 1)
}

/** Line breaks stand between values only: inside of strings they are escaped. */
function onOneLine(json: string): string {
  return `${json.replaceAll(/[\r\n]/g, ' ')}\n`
}

/** @throws ClientError; the signal's reason once it is aborted. */
async function* listPages(server: ServerAddress, question: ListQuestion, signal: AbortSignal): AsyncGenerator<Page> {
  const { path, list, parameters, limit: most = Number.POSITIVE_INFINITY } = question
  let cursor = question.cursor
  let remaining = most
  do {
    const limit = Math.min(remaining, maxPageItems)
    const page = await ask(server, { path, parameters: { ...parameters, limit, cursor }, signal }, (text) =>
      pageIn(text, list),
    )
    yield page
    cursor = page.nextCursor
    remaining -= page.items.length
  } while (cursor !== undefined && remaining > 0)
}

function pageIn(text: string, list: string): Page {
  const page = listIn(text, list)
  if (!page.members.has(list)) throw new TypeError(`no ${list}`)
  return { text, isPartial: page.members.get('partial') === 'true', ...page }
}
