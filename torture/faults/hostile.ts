/** Row 9 of the program: requests that are changed at random, against a server whose answers are known beforehand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProcessMemory } from '../../bench/process-memory.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { faultOf, MalformedAnswer, type WireAnswer } from '../hostile/answer-reader.ts'
import { Books } from '../hostile/books.ts'
import { CaseSource, type FuzzCase, type FuzzRequest } from '../hostile/cases.ts'
import { type Exchange, FuzzConnection } from '../hostile/fuzz-connection.ts'
import { seededRandom } from '../random.ts'
import { startServer } from '../server-process.ts'

const requestsPerTrial = 5000
const connections = 50
/** For an answer that is known to come. */
const maxSilenceMs = 40_000
/** For one that may not come, as the server may still wait for bytes. */
const brokenSilenceMs = 50
const maxRssBytes = 500 * 1024 * 1024
/** More say no more. */
const maxViolations = 20

export const hostileFault: Fault = {
  name: 'hostile',
  what: 'requests to every address, changed at random; what is valid among them is stored once, the rest refused by the contract',
  unit: 'requests',
  trials: 200,
  run: runHostileRequests,
}

async function runHostileRequests(trial: Trial): Promise<TrialResult> {
  const logFile = join(trial.folder, 'server.log')
  await using server = startServer({ store: `sqlite:${join(trial.folder, 'events.db')}`, logFile })
  const url = await server.listening
  const run = new Run(trial)
  const lost = server.exited.then(({ code, signal }) => {
    throw new Error(`the server ended with ${signal ?? code}`)
  })
  lost.catch(() => {})
  try {
    await Promise.race([lost, Promise.all(Array.from({ length: connections }, (_, at) => run.drive(url, at)))])
    const faults = await Promise.race([lost, run.books.compare(url)])
    run.violations.push(...faults.slice(0, maxViolations))
    const { rssBytes = 0 } = readProcessMemory(server.pid) ?? {}
    if (rssBytes > maxRssBytes) run.violations.push(`the server takes ${rssBytes} bytes of memory`)
  } catch (thrown) {
    trial.signal.throwIfAborted()
    run.violations.push(String(thrown))
  }
  const errors = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => /"level":[56]0/.test(line))
  for (const line of errors.slice(0, maxViolations)) run.violations.push(`the server has logged ${line}`)
  return { tried: run.tried, violations: run.violations }
}

class Run {
  readonly books = new Books()
  readonly violations: string[] = []
  readonly #trial: Trial
  tried = 0

  constructor(trial: Trial) {
    this.#trial = trial
  }

  /** One connection after the other, each request when the one before is answered. */
  async drive(url: string, at: number): Promise<void> {
    // Of its own, or what is drawn would depend on who is answered first.
    const source = new CaseSource(seededRandom(this.#trial.seed + at * 7919), `${at}`)
    using connection = new FuzzConnection(url)
    for (let sent = 0; sent < requestsPerTrial / connections && this.violations.length < maxViolations; ) {
      this.#trial.signal.throwIfAborted()
      const each = source.next()
      const bytes = Buffer.concat(each.requests.map((request) => request.bytes))
      const methods = each.requests.map(({ method }) => method)
      const silenceMs = each.isBroken ? brokenSilenceMs : maxSilenceMs
      this.#judge(each, await connection.exchange(bytes, methods, silenceMs))
      if (each.isBroken) connection.close()
      sent += methods.length
      this.tried += methods.length
    }
  }

  #judge({ requests, isBroken }: FuzzCase, { answers, end }: Exchange): void {
    if (end instanceof MalformedAnswer) this.#violated(`answered with ${end.message}`, requests)
    else if (end !== undefined && !isBroken) this.#violated(`${answers.length} answers, then ${end}`, requests)
    for (const [at, request] of requests.entries()) {
      const answer = answers[at]
      const fault =
        answer && (faultOf(answer, request.method) ?? (isBroken ? undefined : verdictFault(request, answer)))
      if (fault !== undefined) this.#violated(fault, [request])
      if (request.verdict !== undefined) this.#enter(request.verdict, answer)
    }
  }

  #enter({ events, outcomes, isUnsure }: NonNullable<FuzzRequest['verdict']>, answer: WireAnswer | undefined): void {
    const accepted = answer === undefined ? 0 : acceptedOf(answer)
    if (isUnsure) this.books.allowChanged(events, accepted)
    else if (answer === undefined) this.books.allow(events, accepted)
    else if (answer.status === 202 || !outcomes.includes('202'))
      this.books.accept(accepted === 0 ? [] : events, accepted)
  }

  #violated(what: string, requests: readonly FuzzRequest[]): void {
    const name = `request-${this.violations.length}.bin`
    writeFileSync(join(this.#trial.folder, name), Buffer.concat(requests.map(({ bytes }) => bytes)))
    this.violations.push(`${what}: the request is in ${name}`)
  }
}

function verdictFault({ verdict }: FuzzRequest, answer: WireAnswer): string | undefined {
  if (verdict === undefined || verdict.isUnsure) return undefined
  const { outcomes, events, line } = verdict
  const body = JSON.parse(answer.body)
  const outcome = answer.status === 202 ? '202' : `${answer.status} ${body.code}`
  if (!outcomes.includes(outcome)) return `answered ${outcome} where ${outcomes.join(' or ')} was to be`
  const accepted = answer.status === 202 || line !== undefined ? events.length : 0
  if (acceptedOf(answer) !== accepted) return `accepted ${acceptedOf(answer)} events of ${accepted}`
  return line !== undefined && answer.status !== 202 && body.line !== line
    ? `named line ${body.line} instead of ${line}`
    : undefined
}

function acceptedOf({ body }: WireAnswer): number {
  return body === '' ? 0 : (JSON.parse(body).accepted ?? 0)
}
