/** NATS JetStream: one file stream, dedup by Nats-Msg-Id, all of a batch in flight until each event has its ack. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchEvent } from '../../src/cli/bench-events.ts'
import { openTemporaryFolder } from '../../src/cli/temporary-folder.ts'
import {
  type NatsConnection,
  type NatsPublish,
  type NatsRequest,
  natsRequest,
  openNatsConnection,
} from './nats-connection.ts'
import type { Peer } from './peer.ts'
import { availabilityOf, benchFolderPrefix, findProgram, openServer, type ServerPlace } from './server-process.ts'

/** Longer than any run, so that no duplicate is forgotten. */
const dedupWindowMs = 60 * 60 * 1000
/** What is left out has its default: limits of the account, one replica. */
const streamConfig = {
  name: 'events',
  subjects: ['bench.>'],
  retention: 'limits',
  storage: 'file',
  num_replicas: 1,
  duplicate_window: dedupWindowMs * 1_000_000,
}

export const natsPeers: readonly Peer[] = [
  natsPeer('nats', '', 'written to the file, fsync every 2 minutes (the default): a power cut loses up to that much'),
  natsPeer('nats-sync-always', 'sync_interval: always', 'fsync before the ack of each event: survives a power cut'),
]

/** @param setting one more line of the server's jetstream block. */
function natsPeer(name: string, setting: string, durability: string): Peer<NatsRequest> {
  const program = findProgram('nats-server')
  return {
    name,
    durability,
    hasDedup: true,
    availability() {
      const available = availabilityOf(program)
      if (program === undefined || 'missing' in available || knowsSetting(program, setting)) return available
      return { missing: `nats-server ${available.version} does not know "${setting}"` }
    },
    async open() {
      if (program === undefined) throw new Error('nats-server is not installed')
      await using opened = new AsyncDisposableStack()
      const { port } = opened.use(await openServer((place) => ({ program, args: ['-c', writeConfig(place, setting)] })))
      const control = opened.use(await openNatsConnection(port))
      await askStream(control, 'CREATE', JSON.stringify(streamConfig))
      const owned = opened.move()
      return {
        encode: (events) => natsRequest(events.map(publishOf)),
        async openClient() {
          const connection = await openNatsConnection(port)
          return {
            async append(request) {
              const acks = (await connection.request(request)).map(parseAnswer)
              const duplicates = acks.filter(({ duplicate }) => duplicate === true).length
              return { unique: acks.length - duplicates, duplicates }
            },
            [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
          }
        },
        countStored: async () => (await askStream(control, 'INFO')).state?.messages ?? 0,
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      }
    },
  }
}

interface Answer {
  readonly error?: unknown
  readonly duplicate?: boolean
  readonly state?: { readonly messages: number }
}

async function askStream(connection: NatsConnection, verb: 'CREATE' | 'INFO', body = ''): Promise<Answer> {
  const subject = `$JS.API.STREAM.${verb}.${streamConfig.name}`
  const [answer] = await connection.request(natsRequest([{ subject, messageId: '', body }]))
  return parseAnswer(answer ?? '')
}

function parseAnswer(body: string): Answer {
  const answer = JSON.parse(body) as Answer
  if (answer.error !== undefined) throw new Error(`nats answered ${body}`)
  return answer
}

function writeConfig({ folder, port }: ServerPlace, setting: string): string {
  const path = join(folder, 'server.conf')
  writeFileSync(
    path,
    `listen: "127.0.0.1:${port}"\njetstream {\n  store_dir: "${join(folder, 'store')}"\n  ${setting}\n}\n`,
  )
  return path
}

/** Servers before 2.10 do not know `sync_interval`. */
function knowsSetting(program: string, setting: string): boolean {
  using folder = openTemporaryFolder(benchFolderPrefix)
  const config = writeConfig({ folder: folder.path, port: 4222 }, setting)
  return spawnSync(program, ['-t', '-c', config], { stdio: 'ignore' }).status === 0
}

/** Topic and id travel as subject and header, so the body leaves them out. */
function publishOf({ topic, event_id, timestamp, source, payload }: BenchEvent): NatsPublish {
  const body = `{"timestamp":"${timestamp}","source":"${source}","payload":${payload}}`
  return { subject: topic, messageId: `${topic}/${event_id}`, body }
}
