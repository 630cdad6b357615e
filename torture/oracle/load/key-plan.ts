/** What the publishers send: new keys, and keys that were sent before or are under way at this moment. */
import type { Random } from '../../random.ts'
import { keyOf } from '../sent-event.ts'

const topics = ['orders.created', 'orders.paid', 'logs.web', 'logs.db.slow', 'users'] as const
const maxBatchEvents = 500
const singleShare = 0.75
/** Of all events: half of the duplicates are concurrent with their original, half are retries. */
const concurrentShare = 0.1
const retryShare = 0.1
/** Of all batches: a pair twice in one batch. */
const repeatingShare = 0.1

export class KeyPlan {
  readonly sent = new Set<string>()
  /** Whose fate is not known, or that the server refused for now: to be sent again. */
  readonly open = new Set<string>()
  readonly #underWay = new Map<number, readonly string[]>()
  readonly #prefix: string
  #lastId = 0

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** The keys of a publisher's next request; they are under way until it says how the request ended. */
  next(publisher: number, random: Random): readonly string[] {
    const size = random.share() < singleShare ? 1 : Math.ceil(maxBatchEvents ** random.share())
    const retries = this.open.values()
    const keys = Array.from({ length: size }, () => this.#nextKey(retries, random))
    const [first] = keys
    if (size > 1 && first !== undefined && random.share() < repeatingShare) keys[size - 1] = first
    this.begin(publisher, keys)
    return keys
  }

  begin(publisher: number, keys: readonly string[]): void {
    this.#underWay.set(publisher, keys)
    for (const key of keys) this.sent.add(key)
  }

  /** @param isAcked false when the keys have to be sent again. */
  end(publisher: number, outcome: 'acked' | 'open'): void {
    for (const key of this.#underWay.get(publisher) ?? []) {
      if (outcome === 'acked') this.open.delete(key)
      else this.open.add(key)
    }
    this.#underWay.delete(publisher)
  }

  #nextKey(retries: Iterator<string>, random: Random): string {
    const drawn = random.share()
    if (drawn < concurrentShare) return this.#keyUnderWay(random) ?? this.#newKey(random)
    if (drawn >= concurrentShare + retryShare) return this.#newKey(random)
    const retry = retries.next()
    return retry.done === true ? (this.#keyUnderWay(random) ?? this.#newKey(random)) : retry.value
  }

  #keyUnderWay(random: Random): string | undefined {
    const requests = [...this.#underWay.values()]
    if (requests.length === 0) return undefined
    const keys = requests[random.whole(0, requests.length - 1)]
    return keys?.[random.whole(0, keys.length - 1)]
  }

  #newKey(random: Random): string {
    return keyOf(random.of(topics), `${this.#prefix}-${++this.#lastId}`)
  }
}
