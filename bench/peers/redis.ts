/** Redis: one Lua script a batch, a key per event for dedup (SET NX) and one stream for the events (XADD). */
import type { BenchEvent } from '../../src/cli/bench-events.ts'
import { openExchange } from './exchange.ts'
import type { Peer } from './peer.ts'
import { parseRespAnswer, respCommand } from './resp.ts'
import { availabilityOf, findProgram, openServer } from './server-process.ts'

/** KEYS: the stream, then a key per event, declared as Redis asks of scripts. ARGV: five fields per event. */
const appendScript = `
local unique = 0
for i = 2, #KEYS do
  if redis.call('SET', KEYS[i], '', 'NX') then
    local at = (i - 2) * 5
    redis.call('XADD', KEYS[1], '*', 'topic', ARGV[at + 1], 'event_id', ARGV[at + 2], 'timestamp', ARGV[at + 3],
      'source', ARGV[at + 4], 'payload', ARGV[at + 5])
    unique = unique + 1
  end
end
return unique`
const stream = 'events'

interface RedisRequest {
  readonly bytes: Buffer
  readonly events: number
}

export const redisPeers: readonly Peer[] = [
  redisPeer('always', 'append-only file, fsync before the ack: survives a power cut'),
  redisPeer(
    'everysec',
    'append-only file, fsync once a second: a power cut loses up to about a second of acked events',
  ),
]

function redisPeer(appendFsync: 'always' | 'everysec', durability: string): Peer<RedisRequest> {
  const program = findProgram('redis-server')
  return {
    name: `redis-${appendFsync}`,
    durability,
    hasDedup: true,
    availability: () => availabilityOf(program),
    async open() {
      if (program === undefined) throw new Error('redis-server is not installed')
      // Snapshots are off: the append-only file alone is the durable copy, and forking for both would cost twice.
      const server = await openServer(({ folder, port }) => ({
        program,
        args: `--port ${port} --bind 127.0.0.1 --dir ${folder} --appendonly yes --appendfsync ${appendFsync}`
          .split(' ')
          .concat('--save', ''),
      }))
      const { port } = server
      const scriptHash = await ask(port, ['SCRIPT', 'LOAD', appendScript])
      return {
        encode: (events) => ({ bytes: respCommand(appendCommand(String(scriptHash), events)), events: events.length }),
        async openClient() {
          const exchange = await openExchange(port, parseRespAnswer)
          return {
            async append({ bytes, events }) {
              const unique = Number(await exchange.send(bytes))
              return { unique, duplicates: events - unique }
            },
            [Symbol.asyncDispose]: () => exchange[Symbol.asyncDispose](),
          }
        },
        countStored: async () => Number(await ask(port, ['XLEN', stream])),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  }
}

function appendCommand(scriptHash: string, events: readonly BenchEvent[]): string[] {
  const keys = events.map(({ topic, event_id }) => `${topic}/${event_id}`)
  const fields = events.flatMap(({ topic, event_id, timestamp, source, payload }) => [
    topic,
    event_id,
    timestamp,
    source,
    payload,
  ])
  return ['EVALSHA', scriptHash, String(keys.length + 1), stream, ...keys, ...fields]
}

async function ask(port: number, command: readonly string[]) {
  await using exchange = await openExchange(port, parseRespAnswer)
  return await exchange.send(respCommand(command))
}
