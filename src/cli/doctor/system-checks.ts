/** The server's process: its limits, and whether it keeps up. */
import type { SystemAnswer } from '../../http/wire-types.ts'
import { formatBytes, formatCount } from '../format.ts'
import { type Check, ok, warning } from './check.ts'

/** Every connection takes one. */
const fewOpenFiles = 1024
/** What the client and "sekali publish" put into one request. */
const usualBodyBytes = 1024 * 1024

/** @param openFiles that its process may have; undefined when it cannot be told. */
export function checkLimits({ config }: SystemAnswer, openFiles: number | undefined): Check {
  const name = 'limits'
  const limit = (option: string) => Number(config.find((each) => each.name === option)?.value ?? Number.NaN)
  const [bodyBytes, rate] = [limit('body-limit'), limit('rate-limit')]
  const detail = [
    Number.isNaN(bodyBytes) ? undefined : `bodies of ${formatBytes(bodyBytes)}`,
    Number.isNaN(rate) ? undefined : rate === 0 ? 'no rate limit' : `${formatCount(rate)} requests a minute and client`,
    openFiles === undefined ? undefined : `${formatCount(openFiles)} open files`,
  ]
    .filter((each) => each !== undefined)
    .join(', ')
  if (openFiles !== undefined && openFiles < fewOpenFiles) {
    const advice = 'start it with a larger limit (ulimit -n, LimitNOFILE of systemd): every connection takes one'
    return warning(name, { detail, advice })
  }
  if (bodyBytes < usualBodyBytes) {
    const advice = `start it with --body-limit ${usualBodyBytes} or more: publishers send up to ${formatBytes(usualBodyBytes)} at a time`
    return warning(name, { detail, advice })
  }
  return ok(name, detail)
}

const lateTimersMs = 200

export function checkEventLoop({ event_loop_p99_ms: lateMs, rss_bytes: bytes }: SystemAnswer['process']): Check {
  const detail = `timers ${lateMs.toFixed(1)} ms late (p99), ${formatBytes(bytes)} of memory`
  if (lateMs <= lateTimersMs) return ok('process', detail)
  const advice = 'it does more than one core can: publish in larger batches, or use more nodes over PostgreSQL'
  return warning('process', { detail, advice })
}
