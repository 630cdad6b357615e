/**
 * A file that the disk gives back otherwise than it was written: flipped bits, pages of zeros, an end that is missing, in the file
 * itself or in its WAL. `sekali verify` must find it, or the store must refuse to open, or all that is read must be right. And
 * whatever was found: what a store serves is what was published, or an error; and it does not open without commits of the WAL.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite/sqlite-event-store.ts'
import { openSqliteVerification } from '../../src/stores/sqlite/verify/sqlite-verification.ts'
import { differences, wrongAnswers } from '../corruption/compare-store.ts'
import { type Damage, damageFile } from '../corruption/damage-file.ts'
import { fill, type Moment } from '../corruption/filled-store.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { seededRandom } from '../random.ts'

export const corruptionFault: Fault = {
  name: 'corruption',
  what: 'flipped bits, zeroed pages and missing ends in the file and in the WAL',
  unit: 'damaged stores',
  trials: 75,
  run: async (trial) => ({ tried: copies, violations: await runTrial(trial) }),
}

/** Of one store, each damaged in its own way: filling one takes longer than looking into it. */
const copies = 4

async function runTrial({ seed, folder, signal }: Trial): Promise<TrialResult['violations']> {
  const random = seededRandom(seed)
  const [original, crashed] = [join(folder, 'original.db'), join(folder, 'crashed.db')]
  const isWal = random.share() < 0.4
  const moments = await fill(original, isWal ? crashed : undefined, random)
  const violations: string[] = []
  for (let copy = 0; copy < copies; copy++) {
    signal.throwIfAborted()
    const damaged = join(folder, `damaged-${copy}.db`)
    copyFileSync(isWal ? crashed : original, damaged)
    if (isWal) copyFileSync(`${crashed}-wal`, `${damaged}-wal`)
    const damage = damageFile(isWal ? `${damaged}-wal` : damaged, isWal, random)
    const found = await violationsOf(damaged, moments, damage)
    violations.push(...found.map((text) => `copy ${copy}, ${damage.what}: ${text}`))
  }
  return violations
}

async function violationsOf(path: string, moments: readonly Moment[], damage: Damage): Promise<string[]> {
  const last = moments.at(-1) as Moment
  const isFound = await isDamageFound(path)
  if (typeof isFound === 'string') return [isFound]
  try {
    await using store = await openSqliteEventStore(path, { clock: systemClock })
    const stats = await store.stats()
    const moment = moments.find(({ received }) => received === stats.received)
    // What lies in no other place than the end of the WAL cannot be missed by anybody; and where a commit ends, damage makes the
    // one behind it look like what a failed commit leaves.
    const mayLoseOfWal = damage.isCutOff ? moments.length : damage.places + 1
    const mayLose = damage.isWal ? mayLoseOfWal : 0
    const lost = moment === undefined ? 0 : moments.length - 1 - moments.indexOf(moment)
    if (damage.isWal && lost > mayLose) return [`${lost} commits are gone, and the store opened without a word`]
    if (isFound) return await wrongAnswers(store, last)
    if (moment === undefined) return [`nobody was told of ${stats.received} received events, and verify found nothing`]
    if (lost > mayLose) return [`${lost} commits are gone, and verify found nothing`]
    return await differences(store, moment)
  } catch (thrown) {
    if (isClearError(thrown)) return isFound ? [] : [`verify found nothing, but: ${(thrown as Error).message}`]
    return [`an error without a name: ${(thrown as Error).stack}`]
  }
}

/** @returns a violation, or whether verify found something or refused. */
async function isDamageFound(path: string): Promise<boolean | string> {
  try {
    const verification = openSqliteVerification(path)
    const { checks } = await verification.run({ signal: new AbortController().signal, onProgress: () => {} })
    return checks.some(({ problems }) => problems > 0)
  } catch (thrown) {
    if (isClearError(thrown)) return true
    return `verify ended with an error without a name: ${(thrown as Error).stack}`
  }
}

function isClearError(thrown: unknown): boolean {
  return thrown instanceof AppError && !/\bat .*:\d+:\d+|undefined|TypeError|RangeError/.test(thrown.message)
}
