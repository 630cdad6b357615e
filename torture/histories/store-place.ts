/** Where the store of a history lies: how it is opened, again and again, and how the process dies that has it open. */
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../src/core/clock.ts'
import type { EventStore } from '../../src/core/event-store.ts'

export interface StorePlace {
  open(clock: Clock): Promise<EventStore>
  /** From now on `open` finds what a kill -9 at this moment would leave. The store that is open stays so, and no longer matters. */
  crash(): void
}

/** For stores whose process cannot be killed without them. */
export function placeWithoutCrashes(open: (clock: Clock) => Promise<EventStore>): StorePlace {
  return {
    open,
    crash() {
      throw new Error('this store cannot crash')
    },
  }
}

let places = 0

/** A file in this folder. */
export function filePlace(
  folder: string,
  open: (file: string, clock: Clock) => Promise<EventStore>,
): StorePlace & Disposable {
  const place = ++places
  let life = 0
  const fileOf = () => join(folder, `${place}-${life}.db`)
  const remove = (file: string) => {
    for (const suffix of ['', '-wal', '-shm', '.lock']) rmSync(file + suffix, { force: true })
  }
  return {
    open: (clock) => open(fileOf(), clock),
    crash() {
      const before = fileOf()
      life++
      // The file first: no history is so long that a checkpoint moves anything from the WAL to it meanwhile.
      copyFileSync(before, fileOf())
      if (existsSync(`${before}-wal`)) copyFileSync(`${before}-wal`, `${fileOf()}-wal`)
    },
    [Symbol.dispose]() {
      for (; life >= 0; life--) remove(fileOf())
    },
  }
}
