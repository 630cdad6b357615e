/**
 * The live tail of all tabs of a browser over one connection: a browser opens six to a server, and a seventh tab must not
 * hang. The tab that holds a lock reads the stream and passes it on; when it closes, the next one takes over. Every tab knows
 * up to which seq it has everything: what it has had it drops, and what it missed it asks for.
 */

import type { EventRow } from '../../../src/client/raw-events.ts'
import { rootUrl } from '../state/location.ts'
import type { TailFilter } from './tail-filter.ts'
import { type TailBatch, TailJoin } from './tail-join.ts'
import { TailLeader, type Want } from './tail-leader.ts'
import type { TailState } from './tail-state.ts'

export interface FollowOptions {
  readonly filter: TailFilter
  /** A seq: events strictly after it. */
  readonly after: number
  /** In order of seq, none twice, none left out. */
  readonly onRows: (rows: readonly EventRow[]) => void
  readonly onState: (state: TailState) => void
}

type Message =
  | { readonly kind: 'want'; readonly want: Want }
  | { readonly kind: 'alive' | 'leave'; readonly id: string }
  /** A tab reads from now on, or does not know one of the others: they say what they want. */
  | { readonly kind: 'who' | 'hurry' }
  | { readonly kind: 'batch'; readonly batch: TailBatch }
  | { readonly kind: 'state'; readonly state: TailState }

export interface Follower extends Disposable {
  /** Does not wait for the next attempt. */
  hurry(): void
}

/** Two servers may be served below two paths of one origin. */
const name = `sekali.tail ${rootUrl.pathname}`
const aliveEveryMs = 20_000

export function followTail(options: FollowOptions): Follower {
  const tab = new Tab(options)
  // Browsers have no locks on plain http of another machine.
  if (navigator.locks === undefined) return tab.followAlone()
  return tab.followTogether(navigator.locks)
}

class Tab {
  readonly #options: FollowOptions
  readonly #id = String(Math.random())
  readonly #gone = new AbortController()
  readonly #join: TailJoin
  #leader: TailLeader | undefined
  #channel: BroadcastChannel | undefined

  constructor(options: FollowOptions) {
    this.#options = options
    this.#join = new TailJoin(options.filter, options.after)
    options.onState({ kind: 'connecting' })
  }

  followTogether(locks: LockManager): Follower {
    const channel = new BroadcastChannel(name)
    this.#channel = channel
    channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data)
    const { signal } = this.#gone
    this.#want()
    const timer = setInterval(() => this.#send({ kind: 'alive', id: this.#id }), aliveEveryMs)
    const lead = async (): Promise<void> => {
      this.#lead()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    }
    locks.request(name, { signal }, lead).catch(() => {
      // Aborted while waiting: somebody else goes on reading.
    })
    const leave = (): void => this.#send({ kind: 'leave', id: this.#id })
    window.addEventListener('pagehide', leave, { signal })
    signal.addEventListener('abort', () => {
      clearInterval(timer)
      leave()
      this.#leader?.[Symbol.dispose]()
      channel.close()
    })
    return this.#follower()
  }

  /** Every tab reads for itself, and only while it is looked at, so that hidden ones take no connection. */
  followAlone(): Follower {
    const { signal } = this.#gone
    const follow = (): void => {
      if (!document.hidden) this.#lead()
      else this.#leader?.[Symbol.dispose]()
    }
    document.addEventListener('visibilitychange', follow, { signal })
    signal.addEventListener('abort', () => this.#leader?.[Symbol.dispose]())
    follow()
    return this.#follower()
  }

  #follower(): Follower {
    const { signal } = this.#gone
    const hurry = (): void => this.#send({ kind: 'hurry' })
    window.addEventListener('online', hurry, { signal })
    return { hurry, [Symbol.dispose]: () => this.#gone.abort() }
  }

  #lead(): void {
    this.#leader = new TailLeader({
      onBatch: (batch) => this.#tell({ kind: 'batch', batch }),
      onState: (state) => this.#tell({ kind: 'state', state }),
      onStranger: () => this.#tell({ kind: 'who' }),
    })
    this.#tell({ kind: 'who' })
  }

  #want(): void {
    const { filter } = this.#options
    this.#send({ kind: 'want', want: { id: this.#id, filter, after: this.#join.position } })
  }

  /** From the leader, to all. */
  #tell(message: Message): void {
    this.#channel?.postMessage(message)
    this.#hear(message)
  }

  /** To the leader, which may be this tab. */
  #send(message: Message): void {
    if (this.#leader === undefined) this.#channel?.postMessage(message)
    else this.#hear(message)
  }

  #hear(message: Message): void {
    // The last word of a tab that goes is for the leader, which may be itself.
    if (this.#gone.signal.aborted && message.kind !== 'leave') return
    if (message.kind === 'batch') this.#take(message.batch)
    else if (message.kind === 'state') this.#options.onState(message.state)
    else if (message.kind === 'who') this.#want()
    else if (message.kind === 'want') this.#leader?.want(message.want)
    else if (message.kind === 'alive') this.#leader?.alive(message.id)
    else if (message.kind === 'leave') this.#leader?.leave(message.id)
    else this.#leader?.hurry()
  }

  #take(batch: TailBatch): void {
    const rows = this.#join.take(batch)
    if (rows === undefined) this.#want()
    else if (rows.length > 0) this.#options.onRows(rows)
  }
}
