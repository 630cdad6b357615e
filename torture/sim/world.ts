/**
 * The machine of a simulation and the network around it: starts the process, ends it without warning, starts it again on what
 * the disk has kept. Clients reach the process through `call`, and do not know why an answer does not come.
 */
import { AppError } from '../../src/core/errors.ts'
import { SimDisk } from './disk.ts'
import { Oracle } from './oracle.ts'
import { drawPlan, type Plan } from './plan.ts'
import { SimProcess } from './process.ts'
import { outside, type Scheduler } from './scheduler.ts'
import { SimStore } from './store.ts'
import { openStorePort } from './store-port.ts'

export type Outcome<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: AppError }
  /** No answer: the connection was refused, or lost. */
  | { readonly kind: 'lost' }

export class World {
  readonly scheduler: Scheduler
  readonly plan: Plan
  readonly disk: SimDisk
  readonly oracle: Oracle
  /** Nothing goes wrong any more. */
  isHealed = false
  /** Clients stop when they have what they want. */
  isOver = false
  crashes = 0
  /** Undefined while it is not up. */
  process: SimProcess | undefined
  /** What is lost when the process ends: called then, and never twice. */
  readonly connections = new Set<() => void>()
  /** Of the machine that all processes share, if there is one. */
  sharedStore: SimStore | undefined

  #isDown = true
  #ownStore: SimStore | undefined

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler
    this.plan = drawPlan(scheduler.random)
    this.disk = new SimDisk(scheduler.clock)
    this.oracle = new Oracle(this.disk)
    if (this.plan.isShared) this.sharedStore = this.#openStore(outside)
  }

  /** It is up, and will be. */
  get isWell(): boolean {
    return this.process !== undefined && this.#ownStore?.hasFailed !== true
  }

  start(): void {
    const { scheduler } = this
    this.#isDown = false
    scheduler.after('opens', this.latencyMs(), () => this.#open(), scheduler.life)
  }

  /** The process ends at once; `power`: with it what the disk had not made durable. */
  crash(kind: 'kill' | 'power'): void {
    const { scheduler } = this
    if (this.#isDown) return
    this.#isDown = true
    scheduler.note(`crash ${kind}`, scheduler.life)
    this.crashes++
    scheduler.endLife()
    this.process = undefined
    if (kind === 'power' && this.sharedStore === undefined) this.disk.losePower(scheduler.random)
    for (const lose of this.connections) scheduler.after('connection lost', 20 * scheduler.random.share(), lose)
    this.connections.clear()
    const { share, whole } = scheduler.random
    scheduler.after('restart', share() < 0.5 ? whole(1, 20) : whole(20, 1000), () => this.start())
  }

  /** A place where the process may end. @returns whether what runs there has ended too. */
  crashPoint(name: string): boolean {
    const { crashShare, maxCrashes } = this.plan
    const { random } = this.scheduler
    if (this.#isDown || this.isHealed || this.crashes >= maxCrashes || random.share() >= crashShare) return false
    this.scheduler.note(`at ${name}`)
    this.crash(random.of(['kill', 'power']))
    return this.sharedStore === undefined
  }

  /** Sends a request to the process, whoever that is when it arrives. */
  call<T>(name: string, run: (process: SimProcess) => Promise<T>): Promise<Outcome<T>> {
    const { scheduler, connections } = this
    return new Promise((resolve) => {
      const lose = () => resolve({ kind: 'lost' })
      const arrive = () => {
        if (this.process === undefined) return lose()
        const { life } = scheduler
        connections.add(lose)
        const answer = (outcome: Outcome<T>) => {
          const settle = () => {
            connections.delete(lose)
            resolve(outcome)
          }
          scheduler.after(`${name} returns`, this.latencyMs(), settle, life)
        }
        run(this.process).then(
          (value) => answer({ kind: 'answered', value }),
          (thrown) => answer({ kind: 'refused', error: this.#expected(name, thrown) }),
        )
      }
      scheduler.after(`${name} arrives`, this.latencyMs(), arrive)
    })
  }

  /** Of a step of the network or the machine. */
  latencyMs(): number {
    const { share } = this.scheduler.random
    return share() < 0.05 ? 50 * share() : 0.3 * share()
  }

  #open(): void {
    const { scheduler } = this
    const { life } = scheduler
    this.crashPoint('opening')
    if (scheduler.life !== life) return
    if (this.sharedStore !== undefined) {
      this.#run(this.sharedStore)
      return
    }
    const store = this.#openStore(life)
    const barrier = () => {
      if (this.crashPoint('the barrier')) return
      this.disk.sync()
      this.#run(store)
    }
    this.#ownStore = store
    scheduler.after('barrier', this.latencyMs(), barrier, life)
  }

  #openStore(life: number): SimStore {
    const { scheduler, disk, plan } = this
    const { faults } = plan
    return new SimStore({ scheduler, disk, life, faults, crashPoint: (name) => this.crashPoint(name) })
  }

  #run(store: SimStore): void {
    const { scheduler, disk, oracle, plan } = this
    const { life } = scheduler
    const { isShared, queueCapacityEvents, queueMaxWaitMs, minSecondGroupEvents } = plan
    const port = openStorePort({ store, disk, scheduler, oracle, life, isShared })
    // The program ends itself then, a moment later.
    const onStoreFailed = () => void scheduler.after('exit 74', this.latencyMs(), () => this.crash('kill'), life)
    const bounds = { queueCapacityEvents, queueMaxWaitMs, minSecondGroupEvents }
    SimProcess.start({ scheduler, store: port, ...bounds, onStoreFailed }).then(
      (process) => {
        this.process = process
        scheduler.note('up', life)
      },
      // A program that cannot start ends, and is started again.
      () => this.crash('kill'),
    )
  }

  #expected(name: string, thrown: unknown): AppError {
    if (thrown instanceof AppError && expectedCodes.has(thrown.code)) {
      this.scheduler.note(`${name} is refused: ${thrown.code}`)
      return thrown
    }
    this.oracle.violation(`${name} was answered with ${thrown instanceof Error ? thrown.stack : thrown}`)
    return new AppError('internal', 'unexpected', { cause: thrown })
  }
}

const expectedCodes: ReadonlySet<string> = new Set([
  'queue_full',
  'store_unavailable',
  'disk_full',
  'store_failed',
  'draining',
])
