/** Spools on a disk of 256 KiB until it is full, makes room, and goes on; tells what was taken and what was said. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClientError, type Loss, Publisher } from '../../src/client/index.ts'
import { openFileSpool } from '../../src/client/spool/file-spool.ts'

const [url = '', folder = ''] = process.argv.slice(2)
const filler = join(folder, 'filler')
writeFileSync(filler, Buffer.alloc(128 * 1024))
let isAway = true
const switched: typeof fetch = (input, init) => (isAway ? Promise.reject(new TypeError('away')) : fetch(input, init))
const losses: Loss[] = []
const publisher = new Publisher({
  ...{ url, topic: 'logs.full', source: 'child', spool: openFileSpool(folder), surroundings: { fetch: switched } },
  retryPolicy: { baseDelayMs: 1, maxDelayMs: 5 },
  onLoss: (loss) => losses.push(loss),
})
const payload = { text: 'x'.repeat(1000) }
let taken = 0
while (publisher.enqueue({ payload })) taken++
const error = await publisher.publish({ payload }).catch((thrown: unknown) => thrown)
rmSync(filler)
if (publisher.enqueue({ payload })) taken++
isAway = false
await publisher.close()
const codes = [losses[0]?.error.code, error instanceof ClientError ? error.code : error]
process.stdout.write(JSON.stringify({ taken, codes, losses: losses.length }))
