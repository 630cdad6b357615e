/** A process that enqueues as many events as it was told, tells when they are taken, and lives on until it is killed. */
import { Publisher } from '../../src/client/index.ts'
import { openFileSpool } from '../../src/client/spool/file-spool.ts'

const [url = '', folder = '', count = ''] = process.argv.slice(2)
const publisher = new Publisher({ url, topic: 'logs.spool', source: 'child', spool: openFileSpool(folder) })
let taken = 0
for (let n = 0; n < Number(count); n++) if (publisher.enqueue({ payload: { n } })) taken++
process.send?.(taken)
setInterval(() => {}, 2 ** 30)
