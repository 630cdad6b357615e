/** The checker of one trial: looks the store over whenever nothing is under way, and leaves what it found in the folder. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Trial } from '../fault.ts'
import { HistoryReader } from './history.ts'
import { check, checkResend, checkSettled } from './invariants.ts'
import type { LoadProcess } from './load-process.ts'
import { copyStore, findDamage, readReport, readRows, type Snapshot } from './snapshot.ts'

export interface RunningStore {
  readonly url: string
  /** The store's file, as this process reaches it. */
  readonly file: string
  readonly startedInMs: number
}

export class Checker {
  readonly #trial: Trial
  readonly #fault: string
  readonly #reader: HistoryReader

  constructor(fault: string, trial: Trial) {
    this.#trial = trial
    this.#fault = fault
    writeFileSync(this.historyFile, '')
    this.#reader = new HistoryReader(this.historyFile)
  }

  get historyFile(): string {
    return join(this.#trial.folder, 'oracle.log')
  }

  get ackedEvents(): number {
    return this.#reader.read().ackedEvents
  }

  /** After a restart. @returns what is wrong. */
  async checkNow(store: RunningStore): Promise<string[]> {
    return check({ history: this.#reader.read(), snapshot: await this.#takeSnapshot(store) })
  }

  /** At the end: everything is acknowledged, sent once more, and changes nothing. @returns what is wrong. */
  async checkAtEnd(store: RunningStore, load: LoadProcess): Promise<string[]> {
    await load.tell({ kind: 'settle', url: store.url })
    const settled = await this.#takeSnapshot(store)
    const history = this.#reader.read()
    const found = [...check({ history, snapshot: settled }), ...checkSettled({ history, snapshot: settled })]
    if (found.length > 0) return found
    await load.tell({ kind: 'resend', url: store.url })
    const resent = await this.#takeSnapshot(store)
    const historyNow = this.#reader.read()
    return [...check({ history: historyNow, snapshot: resent }), ...checkResend(settled, resent, history.digests.size)]
  }

  /** Leaves a text beside the store, the oracle's file and the server's log. @returns the violations. */
  report(violations: readonly string[], moment: string): string[] {
    const { folder, seed } = this.#trial
    const texts = violations.map((text) => `${text} (${moment})`)
    if (texts.length === 0) return texts
    const replay = `npm run torture -- --only ${this.#fault} --seed ${seed} --trials 1`
    const files = 'store/: the store as it was checked; oracle.log: what was sent and promised; server.log'
    const lines = [
      ...texts,
      '',
      files,
      `Again: ${replay}`,
      '(the moments of a crash are drawn, but not what runs at them)',
    ]
    writeFileSync(join(folder, 'violation.txt'), `${lines.join('\n')}\n`)
    return texts
  }

  async #takeSnapshot({ url, file, startedInMs }: RunningStore): Promise<Snapshot> {
    const report = await readReport(url)
    const copy = copyStore(file, join(this.#trial.folder, 'store'))
    const db = new DatabaseSync(copy)
    try {
      return { ...report, rows: readRows(db), damage: await findDamage(copy, this.#trial.signal), startedInMs }
    } finally {
      db.close()
    }
  }
}
