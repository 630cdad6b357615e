/** What must be stored when the fuzzer is done, kept by what was answered, and compared with what is. */
import { readTree } from './json-tree.ts'
import type { CheckedEvent } from './strict-check.ts'

type Contents = Map<string, Set<string>>

export class Books {
  /** By identity: what may be its content, as of several at the same time any may have come first. */
  readonly #certain: Contents = new Map()
  readonly #possible: Contents = new Map()
  /** Of requests whose framing was changed: what is between frames may have become part of the content. */
  readonly #changed = new Set<string>()
  #accepted = 0
  #unanswered = 0

  /** An answer said that these were accepted. */
  accept(events: readonly CheckedEvent[], accepted: number): void {
    this.#accepted += accepted
    for (const event of events) note(this.#certain, event)
  }

  /** They may be stored, or not, also more of them than the answer says: it may be one to the bytes behind them. */
  allow(events: readonly CheckedEvent[], accepted: number): void {
    this.#accepted += accepted
    this.#unanswered += events.length - accepted
    for (const event of events) note(this.#possible, event)
  }

  /** As `allow`, with whatever content. */
  allowChanged(events: readonly CheckedEvent[], accepted: number): void {
    this.allow(events, accepted)
    for (const event of events) this.#changed.add(keyOf(event))
  }

  /** Every event that is stored, and every count. @returns what does not agree. */
  async compare(url: string): Promise<string[]> {
    const faults: string[] = []
    const missing = new Set(this.#certain.keys())
    const seen = new Set<string>()
    let cursor: string | null = null
    do {
      const page: string = await getText(
        `${url}/events?order=seq&limit=1000${cursor === null ? '' : `&cursor=${cursor}`}`,
      )
      cursor = JSON.parse(page).next_cursor
      for (const event of storedEvents(page)) {
        const key = keyOf(event)
        if (seen.has(key)) faults.push(`${key} is stored twice`)
        seen.add(key)
        missing.delete(key)
        const content = contentOf(event)
        if (this.#certain.get(key)?.has(content) || this.#possible.get(key)?.has(content)) continue
        if (this.#changed.has(key)) continue
        faults.push(`${key} is stored with ${content}, which nobody sent or which was to be refused`)
      }
    } while (cursor !== null)
    for (const key of missing) faults.push(`${key} was accepted and is not stored`)
    const {
      received,
      unique_processed: unique,
      duplicate_dropped: duplicates,
    } = JSON.parse(await getText(`${url}/stats`))
    if (received !== unique + duplicates) faults.push(`received ${received} is not ${unique} + ${duplicates}`)
    if (unique !== seen.size) faults.push(`${seen.size} events are stored, and ${unique} counted`)
    if (received < this.#accepted || received > this.#accepted + this.#unanswered) {
      faults.push(`received ${received}, answered ${this.#accepted}, not answered ${this.#unanswered}`)
    }
    return faults
  }
}

function note(contents: Contents, event: CheckedEvent): void {
  const key = keyOf(event)
  const known = contents.get(key) ?? new Set()
  contents.set(key, known.add(contentOf(event)))
}

function keyOf({ topic, eventId }: CheckedEvent): string {
  return JSON.stringify([topic, eventId])
}

function contentOf({ timestamp, source, payload }: CheckedEvent): string {
  return JSON.stringify([timestamp, source, payload])
}

/** With their payloads as the server gives them, not as JSON.parse would read them. */
function storedEvents(page: string): CheckedEvent[] {
  const list = readTree(page, 1000)?.members?.find(({ name }) => name === 'events')?.value.items ?? []
  return list.map(({ members = [] }) => {
    const text = (wanted: string) => members.find(({ name }) => name === wanted)?.value.text ?? '""'
    const [topic, eventId, timestamp, source] = ['topic', 'event_id', 'timestamp', 'source'].map((name) =>
      JSON.parse(text(name)),
    )
    return { topic, eventId, timestamp, source, payload: text('payload') }
  })
}

async function getText(url: string): Promise<string> {
  const answer = await fetch(url)
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`GET ${url} answered ${answer.status}: ${text}`)
  return text
}
