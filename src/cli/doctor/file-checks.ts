/** A store's file without a server: what can be told without reading its events. */
import { inspectStore, type StoreInspection } from '../../app/inspect-store.ts'
import { counted, formatBytes } from '../format.ts'
import { type Check, ok, problem, warning } from './check.ts'
import { checkDisk, checkVolume } from './place-checks.ts'

/** @throws UsageError for a store that is no file. */
export async function* fileChecks(store: string): AsyncGenerator<Check> {
  const inspection = await inspectStore(store)
  const { place, facts } = inspection
  yield checkPermissions(inspection)
  if (facts !== undefined) yield checkFormat(inspection.path, facts)
  if (facts?.kind === 'store' || facts?.kind === 'empty') {
    yield checkUse(facts)
    yield checkWal(facts)
  }
  if (place.freeBytes !== undefined) yield checkDisk(place.freeBytes)
  if (place.mount !== undefined) yield checkVolume(place.mount)
}

function checkPermissions({ path, access, facts }: StoreInspection): Check {
  const name = 'file'
  if (access === undefined) {
    const advice = `look for a typing mistake in --store; "sekali serve --store sqlite:${path}" makes a new store there`
    return problem(name, { detail: `${path}: there is no such file`, advice })
  }
  const { ownerId, mode, isReadable, notWritable } = access
  const whose = `owner ${ownerId}, mode ${mode.toString(8).padStart(4, '0')}`
  const us = process.getuid === undefined ? 'this user' : `user ${process.getuid()}`
  if (!isReadable) {
    const advice = `run this, and the server, as the user that owns it (${ownerId})`
    return problem(name, { detail: `${path} cannot be read by ${us}: ${whose}`, advice })
  }
  if (notWritable.length > 0) {
    const advice = `the server needs to write them: run it as their owner, or give them to its user with chown`
    return problem(name, { detail: `not writable by ${us}: ${notWritable.join(', ')}`, advice })
  }
  const isOpenToAll = (mode & 0o002) !== 0
  if (isOpenToAll) {
    const advice = `chmod o-w ${path}`
    return warning(name, { detail: `${path} can be written by every user of this machine: ${whose}`, advice })
  }
  return ok(name, `${path}, ${formatBytes(facts?.bytes ?? 0)}, ${whose}`)
}

type Facts = NonNullable<StoreInspection['facts']>

const strange = {
  'other SQLite file': 'an SQLite file of another program',
  'no SQLite file': 'no SQLite file',
} as const

function checkFormat(path: string, { kind, schema, newestSchema }: Facts): Check {
  const name = 'schema'
  switch (kind) {
    case 'empty':
      return ok(name, 'empty; the first server that opens it makes a store of it')
    case 'store':
      break
    default:
      return problem(name, { detail: `${path} is ${strange[kind]}`, advice: 'give the file of a Sekali store' })
  }
  if (schema > newestSchema) {
    return problem(name, {
      detail: `${schema}, written by a newer version of Sekali; this one knows ${newestSchema}`,
      advice: 'update this installation of Sekali',
    })
  }
  const older = `${counted(newestSchema - schema, 'step')} behind; brought up to ${newestSchema} when a server opens it`
  return ok(name, schema === newestSchema ? `${schema}, the newest` : `${schema}, ${older}`)
}

function checkUse({ isInUse }: Facts): Check {
  const name = 'in use'
  if (isInUse === undefined) return ok(name, 'its lock file cannot be read here')
  return ok(name, isInUse ? 'a server works with it' : 'by no server')
}

function checkWal({ walBytes, lostCommits, maxWalBytes, isInUse }: Facts): Check {
  const name = 'wal'
  if (lostCommits === undefined) {
    const advice = 'run this as the user of the server, and look at the disk'
    return warning(name, { detail: 'it cannot be read here', advice })
  }
  if (lostCommits > 0) {
    const advice = 'no server starts on it; "sekali verify" says where, and what else is wrong'
    return problem(name, { detail: `damaged before ${counted(lostCommits, 'commit')} or more`, advice })
  }
  const detail = `${formatBytes(walBytes)} of commits beside the file`
  if (walBytes < maxWalBytes) return ok(name, detail)
  const advice = isInUse
    ? 'end whoever reads the file for so long (a backup, an sqlite3 shell): until then the server stores nothing more'
    : 'start the server once: it moves them into the file; never delete it, commits would be lost'
  return warning(name, { detail, advice })
}
