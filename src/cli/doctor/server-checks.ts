/** Everything that a server tells of itself, judged. Asks as few questions as that takes. */
import { readFile } from 'node:fs/promises'
import { oldestNode, version } from '../../app/own-package.ts'
import { parseObject } from '../../client/send-request.ts'
import type { StatsAnswer, SubscriptionsAnswer, SystemAnswer } from '../../http/wire-types.ts'
import { exitCode } from '../exit-code.ts'
import { formatDuration } from '../format.ts'
import { printable } from '../output.ts'
import type { ServerAddress } from '../server-options.ts'
import { type Check, ok, problem, warning } from './check.ts'
import { checkDisk, checkVolume } from './place-checks.ts'
import { type Probed, probe, type Unanswered } from './probe.ts'
import { checkAddress, checkServer } from './reach-checks.ts'
import { checkConflicts, checkCounters, checkQueue, checkStore, subscriptionChecks } from './state-checks.ts'
import { checkEventLoop, checkLimits } from './system-checks.ts'

/** @throws the signal's reason once it is aborted. */
export async function* serverChecks(server: ServerAddress, signal: AbortSignal): AsyncGenerator<Check> {
  const address = await checkAddress(server)
  yield address
  if (address.result === 'problem') return
  const answer = await probe(server, 'system', signal)
  const { check, system } = checkServer(server, answer)
  yield check
  if (system === undefined || answer.status === undefined) return
  const ask = (path: string) => probe(server, path, signal)
  const [ready, statsAnswer, subscriptions] = await Promise.all([ask('readyz'), ask('stats'), ask('subscriptions')])
  yield checkVersion(system)
  yield checkNode(system)
  yield checkReady(ready)
  for (const { name, ok, reason } of system.health) if (!ok && name !== 'store') yield unhealthy(name, reason)
  if (answer.serverTimeMs !== undefined) yield checkClock({ ...answer, serverTimeMs: answer.serverTimeMs })
  const stats = answerIn<StatsAnswer>(statsAnswer, 'store')
  yield checkStore(system.store, stats)
  if (system.store.free_bytes !== null) yield checkDisk(system.store.free_bytes)
  if (system.store.mount !== null) yield checkVolume(system.store.mount)
  yield checkLimits(system, await openFilesOf(server, system.pid))
  yield checkEventLoop(system.process)
  if (stats === undefined) yield unread('stats', statsAnswer)
  else for (const judge of [checkQueue, checkCounters, checkConflicts]) yield judge(stats)
  const list = answerIn<SubscriptionsAnswer>(subscriptions, 'subscriptions')
  if (list === undefined) yield unread('subscriptions', subscriptions)
  else yield* subscriptionChecks(list.subscriptions)
}

/** @param member that it must have. */
function answerIn<T>(answer: Probed | Unanswered, member: string): T | undefined {
  if (answer.status !== 200) return undefined
  const members = parseObject(answer.text)
  return member in members ? (members as T) : undefined
}

function unread(name: string, answer: Probed | Unanswered): Check {
  const reason = answer.status === undefined ? answer.reason : `answered ${answer.status} ${reasonIn(answer)}`
  const isRefused = answer.status === 401 || answer.status === 403
  return problem(name, {
    detail: `cannot be read: ${printable(reason.trimEnd())}`,
    advice: isRefused ? 'give a token with SEKALI_TOKEN or --token' : "look into the server's log",
    ...(isRefused && { exitCode: exitCode.auth }),
  })
}

function reasonIn({ text }: Probed): string {
  const { reason, detail } = parseObject(text)
  return typeof reason === 'string' ? reason : typeof detail === 'string' ? detail : ''
}

function checkVersion(system: SystemAnswer): Check {
  const there = printable(system.version)
  if (there === version) return ok('version', `${there}, there and here`)
  return warning('version', {
    detail: `${there} there, ${version} here`,
    advice: 'install the same version at both ends: what one of them knows the other may not',
  })
}

function checkNode(system: SystemAnswer): Check {
  const [there, here] = [printable(system.node), process.version]
  const detail = there === here ? `${there}, there and here` : `${there} there, ${here} here`
  const isTooOld = [there, here].some((each) => Number.parseInt(each.slice(1), 10) < oldestNode)
  return isTooOld
    ? problem('node', { detail, advice: `Sekali is made for Node ${oldestNode} and newer` })
    : ok('node', detail)
}

function checkReady(answer: Probed | Unanswered): Check {
  if (answer.status === 200) return ok('ready', 'commits are possible')
  if (answer.status === undefined || answer.status !== 503) return unread('ready', answer)
  const reason = reasonIn(answer)
  const advice =
    reason === 'draining'
      ? 'it is being stopped; another one, or the next start of this one, takes over'
      : 'look at the checks of store and disk below, and into its log; publishers are asked to try again meanwhile'
  return problem('ready', { detail: `not ready: ${printable(reason)}`, advice })
}

function unhealthy(name: string, reason: string | null): Check {
  const advice =
    name === 'queue' ? 'the store is slower than what is published: look at its disk' : "look into the server's log"
  return problem(printable(name), { detail: printable(reason ?? 'not well'), advice })
}

const maxSkewMs = 2000
/** The Date header has whole seconds. */
const dateStepMs = 1000

function checkClock({ serverTimeMs, sentAtMs, answeredAtMs }: Probed & { readonly serverTimeMs: number }): Check {
  // The server wrote it at some moment in between, and cut the fraction off.
  const behindMs = Math.max(0, sentAtMs - (serverTimeMs + dateStepMs))
  const aheadMs = Math.max(0, serverTimeMs - answeredAtMs)
  const skewMs = Math.max(behindMs, aheadMs)
  if (skewMs <= maxSkewMs) return ok('clock', 'the same there and here, to a second or two')
  return warning('clock', {
    detail: `the server's is ${formatDuration(skewMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's`,
    advice: 'keep both with NTP (timedatectl): times of receipt and of events do not fit together',
  })
}

/** Of a server on this machine; undefined where it cannot be told. */
async function openFilesOf({ url }: ServerAddress, pid: number): Promise<number | undefined> {
  if (!/^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname)) return undefined
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
  const [command, limits] = await Promise.all([read('cmdline'), read('limits')])
  // In a container it has another number out here, which may be somebody else's.
  if (!command.split('\0').includes('serve')) return undefined
  const found = /^Max open files\s+(\d+)/m.exec(limits)
  return found === null ? undefined : Number(found[1])
}
