/** `sekali sub create`: a durable place in the log. Again with the same settings, it changes nothing. */
import type { Command } from 'commander'
import { ClientError } from '../../client/client-error.ts'
import { subscriptionDefaults } from '../../core/subscription.ts'
import { parseTimestamp } from '../../core/timestamp.ts'
import type { SubscriptionAnswer } from '../../http/wire-types.ts'
import { ask, askForAnswer, readAnswer } from '../ask-server.ts'
import { counted } from '../format.ts'
import { addHelp } from '../help.ts'
import { secondsToMs, wholeNumber } from '../option-values.ts'
import { print, printable } from '../output.ts'
import { addServerOptions, type ServerAddress, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { subscriptionIn, subscriptionPath } from './address.ts'
import { type Place, parsePlace, placeText } from './place.ts'

interface CreateFlags extends ServerFlags {
  readonly start?: string
  readonly lease?: string
  readonly maxAttempts?: string
  readonly json?: true
}

export function addSubCreateCommand(sub: Command): void {
  const command = sub
    .command('create')
    .description('make a subscription')
    .argument('<NAME>', 'letters, digits, -, _ and .')
    .argument('<TOPIC...>', "topics or patterns: 'orders.*' is one more part, 'logs.>' the rest, '>' everything")
    .option('--start <PLACE>', 'earliest, latest, a seq (strictly after it) or a time (default latest)')
    .option(
      '--lease <SECONDS>',
      `what is not acked within it is delivered again (default ${subscriptionDefaults.leaseMs / 1000})`,
    )
    .option(
      '--max-attempts <N>',
      `deliveries before an event is a dead letter (default ${subscriptionDefaults.maxAttempts})`,
    )
    .option('--json', 'the subscription as one line of JSON')
    .action(create)
  addHelp(addServerOptions(command), {
    examples: [
      "sekali sub create billing 'orders.>'",
      "sekali sub create audit '>' --start earliest --lease 300",
      'sekali sub create replay logs.app --start 2026-01-31T09:00:00Z',
    ],
    notes: `
Run again with the same settings it changes nothing, and is a success.

Exit codes: 0 it is there, 1 it is there with other settings, 2 wrong options,
4 the token was refused, 6 the server is away.`,
  })
}

/** As they go over the wire; undefined: the server's default. */
interface Settings {
  readonly topics: readonly string[]
  readonly start: Place | undefined
  readonly lease_ms: number | undefined
  readonly max_attempts: number | undefined
}

async function create(name: string, topics: readonly string[], flags: CreateFlags): Promise<void> {
  const server = serverAddressOf(flags)
  const { start, lease, maxAttempts } = flags
  const settings: Settings = {
    topics,
    start: start === undefined ? undefined : parsePlace('--start', start),
    lease_ms: lease === undefined ? undefined : secondsToMs('--lease', lease),
    max_attempts: maxAttempts === undefined ? undefined : wholeNumber('--max-attempts', maxAttempts, 1),
  }
  const path = subscriptionPath(name)
  try {
    const { status, text } = await askForAnswer(server, { method: 'PUT', path, body: settings })
    const subscription = readAnswer(text, { server, path, read: subscriptionIn })
    await print(
      flags.json
        ? `${JSON.stringify(subscription)}\n`
        : sentence(subscription, status === 201 ? 'created' : 'is there already'),
    )
  } catch (thrown) {
    throw await explained(thrown, { server, path, settings })
  }
}

function sentence(subscription: SubscriptionAnswer, outcome: string): string {
  const { name, topics, start, lag } = subscription
  return `${name} ${outcome}: ${printable(topics.join(' '))}, from ${placeText(start)}, ${counted(lag, 'event')} to deliver\n`
}

interface Attempted {
  readonly server: ServerAddress
  readonly path: string
  readonly settings: Settings
}

/** That settings differ is of little use without saying which. */
async function explained(thrown: unknown, { server, path, settings }: Attempted): Promise<unknown> {
  if (!(thrown instanceof ClientError) || thrown.status !== 409 || thrown.problem.code !== 'subscription_exists') {
    return thrown
  }
  const there = await ask(server, { path }, subscriptionIn)
  const lines = differences(settings, there)
  const text = [`${there.name} is there with other settings:`, ...lines].join('\n  ')
  return new ClientError('refused', text, { cause: thrown, status: thrown.status, attempts: thrown.attempts })
}

function differences({ topics, start = 'latest', ...asked }: Settings, there: SubscriptionAnswer): string[] {
  const { leaseMs: defaultLeaseMs, maxAttempts: defaultAttempts } = subscriptionDefaults
  const { lease_ms: leaseMs = defaultLeaseMs, max_attempts: maxAttempts = defaultAttempts } = asked
  const text = (value: readonly string[]) => printable(value.join(' '))
  const pairs: [string, string | number, string | number][] = [
    ['topics', text(topics), text(there.topics)],
    ['start', comparable(start), comparable(there.start)],
    ['lease', `${leaseMs / 1000} s`, `${there.lease_ms / 1000} s`],
    ['max attempts', maxAttempts, there.max_attempts],
    ['push', 'none', there.push?.url ?? 'none'],
  ]
  return pairs.filter(([, a, b]) => a !== b).map(([name, wanted, is]) => `${name}: ${is} there, ${wanted} asked for`)
}

/** The server writes a time in its own way. */
function comparable(place: Place): string {
  if (typeof place === 'string' || 'seq' in place) return placeText(place)
  const ms = parseTimestamp(place.time)?.ms
  return ms === undefined ? place.time : new Date(ms).toISOString()
}
