/** Pages of a list of the server, one by one, until there are enough of them. */
import { type ListTexts, listIn } from '../client/raw-duplicates.ts'
import { ask, type Question } from './ask-server.ts'
import type { ServerAddress } from './server-options.ts'

/** The server gives no more on one page. */
const maxPageItems = 1000

export interface ListQuestion {
  readonly path: string
  /** The member of the answer that holds the items. */
  readonly list: string
  readonly parameters: NonNullable<Question['parameters']>
  readonly cursor: string | undefined
  /** Items of all pages together; undefined: all there are. */
  readonly limit: number | undefined
  readonly signal: AbortSignal
}

export interface Page extends ListTexts {
  /** The whole answer. */
  readonly text: string
  /** The server's time for one answer ran out; the next page goes on. */
  readonly isPartial: boolean
}

/** @throws ClientError; the signal's reason once it is aborted. */
export async function* listPages(server: ServerAddress, question: ListQuestion): AsyncGenerator<Page> {
  const { path, list, parameters, signal, limit: most = Number.POSITIVE_INFINITY } = question
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
