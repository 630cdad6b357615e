/** The questions that bench/queries.ts asks, and what their answers must hold. */
import { eventsPerMs } from '../src/cli/bench-events.ts'
import type { FilledStore, StoreDescription } from './filled-store.ts'
import type { GetAnswer, Getter } from './getter.ts'
import { openTopics, type TopicGroup } from './topic-plan.ts'

export interface QueryCase {
  readonly name: string
  /** For the p99 while events are published; undefined: nothing is promised. */
  readonly budgetMs?: number
  /** In each round; undefined: as many as asked for. */
  readonly maxRequests?: number
  /** Another one for every `number`, so that no answer is asked for again and again. */
  pathOf(number: number): string
  isRight(answer: GetAnswer, number: number): boolean
}

const pageLimit = 100
const budgets = { pageMs: 20, overviewMs: 5, lookUpMs: 2 }
/** Positions in the middle of a list that a deep page begins at. */
const deepPositions = 20
/** Of the events, counted from the oldest: where a deep page may begin, or a time range. */
const deepShares = { from: 0.3, to: 0.7 }
const rangeMs = 1000
/** Among so many every topic has an event. */
const roundEvents = 200_000
/** Every search like this runs into the server's time budget on a large store. */
const maxUnfoundSearches = 2
const regionShare = 0.01
/** An event that is never published. */
const unpublished = 2 ** 32 - 1

/** @param store as it is now: its events so far are asked for. */
export async function openQueryCases(store: FilledStore, getter: Getter): Promise<QueryCase[]> {
  const { description } = store
  const groups = groupsIn(description)
  const cases: QueryCase[] = []
  for (const { name, topics } of groups) {
    const topicOf = (number: number) => topics[Math.floor(topics.length * spread(number))] as string
    cases.push(pageCase(`a topic, ${name}`, (number) => `topic=${topicOf(number)}`))
    const deep = await deepCursors(getter, description, topicOf)
    if (deep.length === 0) continue
    const deepQuery = (number: number) => deep[number % deep.length] as string
    cases.push(pageCase(`a topic, ${name}, deep page`, deepQuery))
  }
  const allDeep = await deepCursors(getter, description)
  const middle = (number: number) => description.keys * between(deepShares, spread(number))
  return [
    ...cases,
    pageCase('all events', () => ''),
    pageCase('all events, deep page', (number) => allDeep[number % allDeep.length] ?? ''),
    pageCase('a time range', (number) => {
      const fromMs = instantMs(description, middle(number))
      return `from=${isoText(fromMs)}&to=${isoText(fromMs + rangeMs)}`
    }),
    ...overviewCases(),
    ...lookUpCases(store),
    // Payloads hold their event's number: one in a hundred ends so.
    searchCase('text search, a match in 100', '77,"text"', { isFound: true }),
    searchCase('text search, no match', 'nothing like this', { isFound: false, maxRequests: maxUnfoundSearches }),
  ]
}

/** Without the topics that have no event yet, and without empty groups. */
function groupsIn({ topicPlan, keys }: StoreDescription): TopicGroup[] {
  const { topicOf, groups } = openTopics(topicPlan)
  const used = new Set<string>()
  for (let index = 0; index < Math.min(keys, roundEvents); index++) used.add(topicOf(index))
  const inUse = groups.map(({ name, topics }) => ({ name, topics: topics.filter((topic) => used.has(topic)) }))
  return inUse.filter(({ topics }) => topics.length > 0)
}

function pageCase(name: string, queryOf: (number: number) => string): QueryCase {
  return {
    name: `GET /events: ${name}`,
    budgetMs: budgets.pageMs,
    pathOf: (number) => `events?limit=${pageLimit}&${queryOf(number)}`,
    isRight: (answer) => {
      const { total, partial } = json(answer)
      return Number(total) > 0 && Number(total) <= pageLimit && partial !== true
    },
  }
}

function overviewCases(): QueryCase[] {
  const overview = (path: string, isRight: (body: Record<string, unknown>) => boolean): QueryCase => ({
    name: `GET /${path}`,
    budgetMs: budgets.overviewMs,
    pathOf: () => path,
    isRight: (answer) => isRight(json(answer)),
  })
  return [
    overview(
      'stats',
      ({ received, unique_processed, duplicate_dropped }) =>
        Number(received) > 0 && Number(received) === Number(unique_processed) + Number(duplicate_dropped),
    ),
    overview('topics', ({ topics }) => Array.isArray(topics) && topics.length > 0),
    overview('health', ({ status }) => status === 'healthy'),
  ]
}

function lookUpCases({ source, description: { keys } }: FilledStore): QueryCase[] {
  const pathOf = (index: number) => {
    const { topic, event_id } = source(index)
    return `events/${encodeURIComponent(topic)}/${encodeURIComponent(event_id)}`
  }
  const lookUp = (name: string, firstShare: number): QueryCase => {
    const indexOf = (number: number) => Math.floor(keys * (firstShare + regionShare * spread(number)))
    return {
      name: `GET /events/{topic}/{id}: ${name}`,
      budgetMs: budgets.lookUpMs,
      pathOf: (number) => pathOf(indexOf(number)),
      isRight: (answer, number) => json(answer).event_id === source(indexOf(number)).event_id,
    }
  }
  return [
    lookUp('old', 0),
    lookUp('middle', 0.5),
    lookUp('new', 1 - regionShare),
    {
      name: 'GET /events/{topic}/{id}: never published',
      budgetMs: budgets.lookUpMs,
      pathOf: (number) => pathOf(unpublished - number),
      isRight: ({ status }) => status === 404,
    },
  ]
}

interface Search {
  readonly isFound: boolean
  readonly maxRequests?: number
}

function searchCase(name: string, text: string, { isFound, ...rest }: Search): QueryCase {
  return {
    ...rest,
    name: `GET /events: ${name}`,
    pathOf: () => `events?limit=${pageLimit}&q=${encodeURIComponent(text)}`,
    isRight: (answer) => Number(json(answer).total) > 0 === isFound,
  }
}

/** Queries whose pages begin in the middle of a list, with cursors as the server gives them to one who pages there. */
async function deepCursors(
  getter: Getter,
  description: StoreDescription,
  topicOf?: (number: number) => string,
): Promise<string[]> {
  const queries: string[] = []
  for (let number = 0; number < deepPositions; number++) {
    const atMs = instantMs(description, description.keys * between(deepShares, number / deepPositions))
    const topic = topicOf === undefined ? '' : `topic=${topicOf(number)}&`
    const { next_cursor } = json(await getter.get(`events?limit=1&${topic}to=${isoText(atMs)}`))
    // Null where a topic has no event that is older.
    if (typeof next_cursor === 'string') queries.push(`${topic}cursor=${next_cursor}`)
  }
  return queries
}

/** @throws Error when the answer is none. */
function json({ status, body }: GetAnswer): Record<string, unknown> {
  if (status === 200) return JSON.parse(body.toString()) as Record<string, unknown>
  throw new Error(`the server answered ${status}: ${body.toString('utf8', 0, 500)}`)
}

/** Of event number `index`, to a millisecond. */
function instantMs({ startMs }: StoreDescription, index: number): number {
  return startMs + Math.floor(index / eventsPerMs)
}

function isoText(ms: number): string {
  return new Date(ms).toISOString()
}

/** From 0 up to 1; neighbours are far apart, and any run of numbers is spread evenly. */
function spread(number: number): number {
  return (number * goldenRatio) % 1
}

const goldenRatio = (Math.sqrt(5) - 1) / 2

function between({ from, to }: { readonly from: number; readonly to: number }, share: number): number {
  return from + (to - from) * share
}
