/** A program that never closes its publisher: when does it end? */
import { Publisher } from '../../src/client/index.ts'
import { openFileSpool } from '../../src/client/spool/file-spool.ts'

const [url = '', what = '', folder = ''] = process.argv.slice(2)
const origin = { url, topic: 'logs.end', source: 'child', maxDelayMs: 50 }
if (what === 'published') await new Publisher(origin).publish({ payload: {} })
if (what === 'enqueued') new Publisher(origin).enqueue({ payload: {} })
if (what === 'spooled') new Publisher({ ...origin, spool: openFileSpool(folder) }).enqueue({ payload: {} })
if (what === 'flushed') {
  const publisher = new Publisher({ ...origin, spool: openFileSpool(folder) })
  publisher.enqueue({ payload: {} })
  await publisher.flush()
  process.stdout.write('flushed')
}
