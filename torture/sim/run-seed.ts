/** One seed: everything that is promised of the core, on one machine that goes wrong the way the seed says. */
import { appendElsewhere, type KeyPool, publish } from './publishers.ts'
import { Scheduler } from './scheduler.ts'
import { SimTail } from './tails.ts'
import { beginTimers, endTimers, maxLatenessMs } from './timers.ts'
import { SimSubscription } from './workers.ts'
import { World } from './world.ts'

export interface SeedResult {
  readonly seed: number
  /** The same for the same seed and program, bit for bit. */
  readonly hash: string
  readonly steps: number
  readonly crashes: number
  readonly acknowledged: number
  readonly violations: readonly string[]
}

/** Of virtual time; what has not happened by then after the last fault never will. */
const limits = { maxMs: 15 * 60_000, maxSteps: 200_000 }

/** @param print told of every step. */
export async function runSeed(seed: number, print?: (line: string) => void): Promise<SeedResult> {
  const scheduler = new Scheduler(seed, print)
  const unhandled: string[] = []
  const onUnhandled = (thrown: unknown) => {
    scheduler.note('nobody handles')
    unhandled.push(`nobody handled: ${textOf(thrown)}`)
  }
  process.on('unhandledRejection', onUnhandled)
  beginTimers(scheduler)
  const world = new World(scheduler)
  try {
    await simulate(world)
  } catch (thrown) {
    world.oracle.violation(`it broke: ${textOf(thrown)}`)
  } finally {
    endTimers()
    process.off('unhandledRejection', onUnhandled)
  }
  return {
    seed,
    hash: scheduler.trace.hash,
    steps: scheduler.trace.steps,
    crashes: world.crashes,
    acknowledged: world.oracle.acknowledged,
    violations: [...world.oracle.violations, ...unhandled],
  }
}

async function simulate(world: World): Promise<void> {
  const { scheduler, plan, oracle } = world
  const pool: KeyPool = { plain: 0, bulk: 0 }
  const waiting = new Set<string>()
  const begin = (name: string, client: Promise<void>) => {
    waiting.add(name)
    client.then(
      () => waiting.delete(name),
      (thrown) => oracle.violation(`${name} broke: ${textOf(thrown)}`),
    )
  }
  const tails = Array.from({ length: plan.tails }, () => new SimTail(world))
  const subscriptions = plan.subscriptions.map((each) => new SimSubscription(world, each))
  world.start()
  scheduleFaults(world)
  for (let at = 0; at < plan.publishers; at++) begin(`publisher ${at}`, publish(world, pool))
  if (plan.isShared) begin('the other node', appendElsewhere(world, pool))
  const writers = [...waiting]
  begin('the health check', askReadiness(world))
  for (const [at, tail] of tails.entries()) begin(`tail ${at}`, tail.follow())
  for (const [at, subscription] of subscriptions.entries()) begin(`subscription ${at}`, subscription.run())

  const hasAll = () =>
    oracle.violations.length > 0 ||
    (world.isHealed &&
      world.isWell &&
      !writers.some((name) => waiting.has(name)) &&
      subscriptions.every(({ isDone }) => isDone) &&
      tails.every(({ isAtEnd }) => isAtEnd))
  if (!(await scheduler.run(hasAll, limits))) {
    const behind = [
      ...writers.filter((name) => waiting.has(name)),
      ...tails.flatMap(({ isAtEnd }, at) => (isAtEnd ? [] : [`tail ${at}`])),
      ...subscriptions.flatMap(({ isDone }, at) => (isDone ? [] : [`subscription ${at}`])),
    ]
    oracle.violation(`still waiting long after the last fault: ${behind.join(', ') || 'the process'}`)
  }
  if (oracle.violations.length > 0) return
  await drain(world, waiting)
  oracle.checkLog()
  for (const tail of tails) tail.check()
  for (const subscription of subscriptions) await subscription.check()
}

/** Everybody goes, and the process ends as it should: every answer is given, nothing is kept, nothing goes on. */
async function drain(world: World, waiting: ReadonlySet<string>): Promise<void> {
  const { scheduler, oracle, process } = world
  if (process === undefined) return
  world.isOver = true
  let isDrained = false
  void process.drain().then(() => {
    isDrained = true
  })
  // Also what nobody waits for any more is answered: a request whose client has given up.
  const hasEnded = () => isDrained && waiting.size === 0 && world.connections.size === 0
  if (!(await scheduler.run(hasEnded, limits))) {
    const left = world.connections.size > 0 ? `${world.connections.size} requests have no answer` : 'draining'
    oracle.violation(`it does not end: ${[...waiting].join(', ') || left}`)
  }
  const { queue, deliveries, tailHub } = process
  const left = { events: queue.size, bytes: queue.bytes, pulls: deliveries.waitingPulls, readers: tailHub.readers }
  if (Object.values(left).some((count) => count !== 0)) oracle.violation(`left in memory: ${JSON.stringify(left)}`)
  const tasks = scheduler.tasksOfLife().filter((name) => timerNames.has(name))
  if (tasks.length > 0) oracle.violation(`the process still waits for ${tasks.join(', ')}`)
}

/** As a load balancer does: there is an answer in time, whatever the store does. */
async function askReadiness(world: World): Promise<void> {
  const { scheduler, oracle } = world
  while (!world.isOver) {
    await scheduler.sleep(scheduler.random.whole(100, 1500))
    await world.call('readyz', async ({ readiness }) => {
      const askedAtMs = scheduler.nowMs
      await readiness.storeFault()
      const waitedMs = scheduler.nowMs - askedAtMs
      if (waitedMs > probeTimeoutMs + maxLatenessMs) oracle.violation(`readiness was not known for ${waitedMs} ms`)
    })
  }
}

/** As `Readiness` has it. */
const probeTimeoutMs = 5000
const timerNames: ReadonlySet<string> = new Set(['timer', 'interval', 'turn'])

function scheduleFaults(world: World): void {
  const { scheduler, plan } = world
  const { random } = scheduler
  for (const { atMs, byMs } of plan.clockJumps) {
    scheduler.after('clock jumps', atMs, () => scheduler.jumpWallClock(byMs))
  }
  if (plan.crashShare > 0 && random.share() < 0.5) {
    scheduler.after('crash', random.whole(1, plan.healAtMs), () => {
      if (!world.isHealed && world.crashes < plan.maxCrashes) world.crash(random.of(['kill', 'power']))
    })
  }
  scheduler.after('heals', plan.healAtMs, () => {
    world.isHealed = true
    plan.faults.refused = plan.faults.unknown = plan.faults.failed = plan.faults.slow = 0
  })
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}
