/**
 * How long a stored log takes to be served again: after a stop, after kill -9 in the middle of load, and when its indexes
 * are built anew. The file is in the page cache, as after a crash of the process; not as after one of the machine.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { formatCount } from '../src/cli/format.ts'
import { atMost, spreadText, tableText, wholeSpreadOf } from './budgets.ts'
import type { Bench, BenchCommand, Budget } from './command.ts'
import { fillUp, requireKeys } from './fill.ts'
import { type FilledStore, openFilledStore } from './filled-store.ts'
import { positiveWhole } from './flags.ts'
import { withServer } from './proven-load.ts'
import { resendRegions } from './resend.ts'
import { measureRestarts, type RestartTimes } from './restarts.ts'
import { parseTopicPlan } from './topic-plan.ts'

export const maxRestartMs = 2000
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

export interface RestartOptions {
  readonly store: FilledStore
  readonly repeats: number
  readonly killAfterEvents: number
}

export interface RestartFigures extends RestartTimes {
  /** When it was first started. */
  readonly keys: number
  readonly rebuildMs: number
}

export const restartCommand: BenchCommand = {
  name: 'restart',
  summary: 'time until ready after a stop and after kill -9, and of building the indexes anew',
  options: {
    keys: { description: 'events in the store; one in --keep that has more is taken as it is', default: '5e6' },
    keep: { description: 'a folder for the store, which stays (default: a temporary one)' },
    topics: { description: 'of a new store: how many, or "spread": one dense, 100 medium, 10,000 rare', default: '10' },
    repeats: { description: 'restarts of each kind', default: '5' },
    'kill-after': { description: 'events acknowledged before each kill', default: '100000' },
  },
  async run(flags, bench) {
    const repeats = positiveWhole(flags, 'repeats')
    const killAfterEvents = positiveWhole(flags, 'kill-after')
    const keys = positiveWhole(flags, 'keys')
    using store = openFilledStore({ keep: flags.keep, topicPlan: parseTopicPlan(flags.topics) })
    await fillUp(store, keys, bench)
    const figures = await measureRestart({ store, repeats, killAfterEvents }, bench)
    const { afterStopMs, afterKillMs, rebuildMs } = figures
    bench.print(
      tableText([
        [`on a store of ${formatCount(figures.keys)} events`, 'ms'],
        ['ready after a stop', spreadText(afterStopMs, '')],
        ['ready after kill -9 under load', spreadText(afterKillMs, '')],
        ['sekali rebuild-index', spreadText([rebuildMs], '')],
      ]),
    )
    const result = {
      keys: figures.keys,
      topicPlan: store.description.topicPlan,
      repeats,
      ...restartJson(figures),
      rebuildMs: Math.round(rebuildMs),
    }
    return { result, budgets: restartBudgets(figures.keys, figures) }
  },
}

export async function measureRestart(options: RestartOptions, bench: Pick<Bench, 'signal' | 'line'>) {
  const { store } = options
  const { keys } = store.description
  const times = await measureRestarts({ ...options, ...bench })
  bench.line.paintNow('sekali rebuild-index')
  const rebuildMs = await measureRebuild(store, bench.signal)
  const figures: RestartFigures = { keys, ...times, rebuildMs }
  return figures
}

/** Also shows that the indexes know every event again. */
async function measureRebuild(store: FilledStore, signal: AbortSignal): Promise<number> {
  const startedAtMs = performance.now()
  const args = [...process.execArgv, main, 'rebuild-index', '--store', store.url]
  await promisify(execFile)(process.execPath, args, { signal })
  const rebuildMs = performance.now() - startedAtMs
  await withServer({ store: store.url, signal }, async (server) => {
    await requireKeys(server, store, signal)
    await resendRegions(server, store, signal)
    await server.end('SIGTERM')
  })
  return rebuildMs
}

export function restartJson({ afterStopMs, afterKillMs, eventsBeforeKills }: RestartTimes) {
  return { afterStopMs: wholeSpreadOf(afterStopMs), afterKillMs: wholeSpreadOf(afterKillMs), eventsBeforeKills }
}

export function restartBudgets(keys: number, { afterStopMs, afterKillMs }: RestartTimes): Budget[] {
  const shared = { limit: maxRestartMs, unit: 'ms' }
  const what = `ready on ${formatCount(keys)} events`
  return [
    atMost({ ...shared, what: `${what}, after a stop`, measured: afterStopMs }),
    atMost({ ...shared, what: `${what}, after kill -9 under load`, measured: afterKillMs }),
  ]
}
