/**
 * How long questions take on a large store: when nothing else goes on, and while events are published at half of the peak
 * rate. All questions take turns on one connection; every answer is checked.
 */

import type { Latencies } from '../src/cli/bench-latencies.ts'
import type { OwnBenchServer } from '../src/cli/bench-server.ts'
import { formatCount } from '../src/cli/format.ts'
import { atMost, rounded, roundedSpreadOf, spreadText, tableText } from './budgets.ts'
import type { Bench, BenchCommand, Budget } from './command.ts'
import { fillBatchEvents, fillConnections, fillUp, requireKeys } from './fill.ts'
import { batchesOf, type FilledStore, openFilledStore } from './filled-store.ts'
import { positive, positiveWhole } from './flags.ts'
import { type Getter, openGetter } from './getter.ts'
import { openProvenLoad, withServer } from './proven-load.ts'
import { openPublisher, type Published, type Publisher, type PublishPhase } from './publisher.ts'
import { openQueryCases } from './query-cases.ts'
import { AskedQuestion, type Question, type Step, stepsOf } from './question.ts'
import { parseTopicPlan } from './topic-plan.ts'

const loadShare = 0.5
/** Short enough for all its requests to be made before it begins: publishing has no pauses while it is measured. */
const defaultPhaseMs = 5000
/** More than are ever busy: a publisher that waited for a free connection would publish less. */
const openConnections = 16

export interface QueriesOptions {
  readonly store: FilledStore
  /** Rounds of all questions, each idle first and then under load. */
  readonly repeats: number
  /** Of every question in a round. */
  readonly requests: number
  /** Of the closed loop that finds the peak. */
  readonly peakSeconds: number
  /** Of publishing, between two pauses in which its requests are made. */
  readonly phaseMs: number
}

export interface QueryFigures {
  /** When the first question was asked. */
  readonly keys: number
  readonly peakEventsPerSecond: number
  readonly questions: readonly Question[]
  /** The phases of publishing beside the questions. */
  readonly published: readonly Published[]
}

export const queriesCommand: BenchCommand = {
  name: 'queries',
  summary: 'questions to a large store, idle and while events are published at half of the peak rate',
  options: {
    keys: { description: 'events in the store; one in --keep that has more is taken as it is', default: '10e6' },
    keep: { description: 'a folder for the store, which stays (default: a temporary one)' },
    topics: {
      description: 'of a new store: how many, or "spread": one dense, 100 medium, 10,000 rare',
      default: 'spread',
    },
    repeats: { description: 'rounds of all questions', default: '5' },
    requests: { description: 'of every question in a round', default: '100' },
    'peak-seconds': { description: 'of the search for the peak', default: '3' },
  },
  async run(flags, bench) {
    const timing = {
      repeats: positiveWhole(flags, 'repeats'),
      requests: positiveWhole(flags, 'requests'),
      peakSeconds: positive(flags, 'peak-seconds'),
    }
    const keys = positiveWhole(flags, 'keys')
    using store = openFilledStore({ keep: flags.keep, topicPlan: parseTopicPlan(flags.topics) })
    await fillUp(store, keys, bench)
    const figures = await measureQueries({ store, ...timing, phaseMs: defaultPhaseMs }, bench)
    bench.print(queriesText(figures))
    const { questions, published, peakEventsPerSecond } = figures
    const result = {
      keys: figures.keys,
      topicPlan: store.description.topicPlan,
      ...timing,
      loadShare,
      peakEventsPerSecond: Math.round(peakEventsPerSecond),
      published: publishedJson(published),
      questions: questions.map(questionJson),
    }
    return { result, budgets: budgetsOf(questions) }
  },
}

/** Stores some more events. @throws Error also when an answer is wrong, or an event is missing in the end. */
export async function measureQueries(
  { store, repeats, requests, peakSeconds, phaseMs }: QueriesOptions,
  { signal, line }: Pick<Bench, 'signal' | 'line'>,
): Promise<QueryFigures> {
  return withServer({ store: store.url, signal }, async (server) => {
    await requireKeys(server, store, signal)
    const { keys } = store.description
    line.paintNow('the peak')
    const peakEventsPerSecond = await measurePeak(server, store, { peakSeconds, signal })
    using getter = openGetter(server.url)
    await using publisher = openPublisher({
      ...{ url: server.url, description: store.description },
      ...{ batchEvents: fillBatchEvents, connections: openConnections },
    })
    const phase = { ratePerSecond: (loadShare * peakEventsPerSecond) / fillBatchEvents, durationMs: phaseMs }
    const questions = (await openQueryCases(store, getter)).map((query) => new AskedQuestion(query))
    const published: Published[] = []
    // What the first answers need to have been compiled.
    for (const question of questions) await question.ask(getter, 0)
    for (let repeat = 1; repeat <= repeats; repeat++) {
      for (const question of questions) question.startRound()
      line.paintNow(`round ${repeat} of ${repeats}: idle`)
      for (const { question, number } of stepsOf(questions, { repeat, requests })) {
        signal.throwIfAborted()
        question.idle.at(-1)?.record(await question.ask(getter, number))
      }
      line.paintNow(`round ${repeat} of ${repeats}: while events are published`)
      const steps = [...stepsOf(questions, { repeat, requests })]
      published.push(...(await askWhilePublishing(steps, { getter, publisher, phase, store, signal })))
    }
    await requireKeys(server, store, signal)
    return { keys, peakEventsPerSecond, questions, published }
  })
}

async function measurePeak(
  server: OwnBenchServer,
  store: FilledStore,
  { peakSeconds, signal }: { readonly peakSeconds: number; readonly signal: AbortSignal },
): Promise<number> {
  const range = { from: store.description.keys, to: Number.MAX_SAFE_INTEGER, batchEvents: fillBatchEvents, isNew: true }
  const nextBatch = batchesOf(store.source, range)
  using load = await openProvenLoad(server, { connections: fillConnections, nextBatch, signal })
  await load.run({ durationMs: (peakSeconds * 1000) / 2 })
  const { unique, seconds } = await load.run({ durationMs: peakSeconds * 1000 })
  await load.prove()
  requireAllStored(load.counts)
  store.addKeys(load.counts.sent)
  return unique / seconds
}

/** A refused batch would be a gap among the events that the store is known to hold. */
function requireAllStored({ sent, unique }: { readonly sent: number; readonly unique: number }): void {
  if (unique !== sent) throw new Error(`of ${sent} new events ${unique} were stored`)
}

interface UnderLoad {
  readonly getter: Getter
  readonly publisher: Publisher
  readonly phase: PublishPhase
  readonly store: FilledStore
  readonly signal: AbortSignal
}

/** Counts an answer only if events were published from its question until it came. */
async function askWhilePublishing(steps: readonly Step[], load: UnderLoad): Promise<Published[]> {
  const { getter, publisher, phase, store, signal } = load
  const phases: Published[] = []
  for (let done = 0; done < steps.length; ) {
    signal.throwIfAborted()
    const doneBefore = done
    let isOver = false
    const { published } = await publisher.start(phase)
    const ended = published.finally(() => {
      isOver = true
    })
    ended.catch(() => {})
    for (let step = steps[done]; step !== undefined; step = steps[done]) {
      signal.throwIfAborted()
      const elapsedMs = await step.question.ask(getter, step.number)
      if (isOver) break
      step.question.publishing.at(-1)?.record(elapsedMs)
      done++
    }
    const ofPhase = await ended
    requireAllStored(ofPhase)
    store.addKeys(ofPhase.sent)
    phases.push(ofPhase)
    if (done === doneBefore) throw new Error(`${steps[done]?.question.name} took longer than ${phase.durationMs} ms`)
  }
  return phases
}

function queriesText({ keys, peakEventsPerSecond, questions, published }: QueryFigures): string {
  const head = ['p50, p99 in ms', 'idle p50', 'p99', 'publishing p50', 'p99', 'max', 'answer kB']
  const rows = questions.map(({ name, idle, publishing, answerBytes }) => [
    name,
    ...[0.5, 0.99].map((fraction) => spreadText(quantiles(idle, fraction), '')),
    ...[0.5, 0.99].map((fraction) => spreadText(quantiles(publishing, fraction), '')),
    rounded(Math.max(...publishing.map(({ maxMs }) => maxMs)), 3).toString(),
    (answerBytes / 1000).toFixed(1),
  ])
  const rates = published.map(({ sent, seconds }) => sent / seconds)
  const p99s = published.map(({ p99AckMs }) => p99AckMs)
  return [
    `${formatCount(keys)} events at first; peak ${formatCount(peakEventsPerSecond)} events/s, beside the questions ${spreadText(rates, 'events/s')}, p99 ack ${spreadText(p99s, 'ms')}`,
    tableText([head, ...rows]),
  ].join('\n')
}

function questionJson({ name, budgetMs, idle, publishing, answerBytes }: Question) {
  return { name, budgetMs, answerBytes, idle: roundsJson(idle), publishing: roundsJson(publishing) }
}

function roundsJson(rounds: readonly Latencies[]) {
  return {
    p50Ms: roundedSpreadOf(quantiles(rounds, 0.5)),
    p99Ms: roundedSpreadOf(quantiles(rounds, 0.99)),
    maxMs: rounded(Math.max(...rounds.map(({ maxMs }) => maxMs))),
    requests: rounds.reduce((total, { count }) => total + count, 0),
  }
}

function publishedJson(published: readonly Published[]) {
  return {
    eventsPerSecond: roundedSpreadOf(published.map(({ sent, seconds }) => sent / seconds)),
    p99AckMs: roundedSpreadOf(published.map(({ p99AckMs }) => p99AckMs)),
    maxAckMs: rounded(Math.max(...published.map(({ maxAckMs }) => maxAckMs))),
  }
}

function quantiles(rounds: readonly Latencies[], fraction: number): number[] {
  return rounds.map((round) => round.quantileMs(fraction))
}

function budgetsOf(questions: readonly Question[]): Budget[] {
  return questions.flatMap(({ name, budgetMs, publishing }) => {
    if (budgetMs === undefined) return []
    const measured = quantiles(publishing, 0.99)
    return [atMost({ what: `${name}, p99 while publishing`, measured, limit: budgetMs, unit: 'ms' })]
  })
}
