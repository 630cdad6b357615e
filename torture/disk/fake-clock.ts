/** The wall clock of a process, set while it runs: libfaketime reads it from a file at every look at the clock. */
import { existsSync, renameSync, writeFileSync } from 'node:fs'

const libraries = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)

export interface FakeClock {
  /** To start a process with. */
  readonly env: Readonly<Record<string, string>>
  /** The clock goes on from there. @param days from the real time. */
  jump(days: number): void
  /** The clock stands still, at the real time of now. */
  freeze(): void
}

/** @throws Error when Debian's `faketime` is not installed. */
export function openFakeClock(file: string): FakeClock {
  const library = libraries.find((path) => existsSync(path))
  if (library === undefined)
    throw new Error(`libfaketime is needed (apt-get install faketime): ${libraries.join(', ')}`)
  const set = (setting: string) => {
    // At once: half a file would be no time at all.
    writeFileSync(`${file}.new`, `${setting}\n`)
    renameSync(`${file}.new`, file)
  }
  const jump = (days: number) => set(`${days < 0 ? '' : '+'}${days}d`)
  jump(0)
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
      // An absolute time is of the time zone.
      TZ: 'UTC',
    },
    jump,
    freeze: () => set(new Date().toISOString().slice(0, 19).replace('T', ' ')),
  }
}
