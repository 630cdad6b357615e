/** Whether a Sekali server answers at the address, and if not, what stands there instead. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { parseObject } from '../../client/send-request.ts'
import type { SystemAnswer } from '../../http/wire-types.ts'
import { exitCode } from '../exit-code.ts'
import { printable } from '../output.ts'
import type { ServerAddress } from '../server-options.ts'
import { type Check, ok, problem } from './check.ts'
import type { Probed, Unanswered } from './probe.ts'

/** Whether its name leads anywhere. */
export async function checkAddress({ url }: ServerAddress): Promise<Check> {
  const name = 'address'
  // URLs put an IPv6 address in brackets.
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return ok(name, host)
  try {
    const addresses = await lookup(host, { all: true })
    return ok(name, `${host} is ${addresses.map(({ address }) => address).join(', ')}`)
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : thrown
    return problem(name, {
      detail: `${host} has no address here: ${code}`,
      advice: 'look for a typing mistake in --url or SEKALI_URL, or ask whoever keeps your DNS',
      exitCode: exitCode.unreachable,
    })
  }
}

const name = 'server'

/** @param answer to GET /system. @returns the check alone when it is no answer of a Sekali server. */
export function checkServer(
  { url }: ServerAddress,
  answer: Probed | Unanswered,
): { check: Check; system?: SystemAnswer } {
  if (answer.status === undefined) return { check: unanswered(url, answer) }
  const { status, text, location, sentAtMs, answeredAtMs } = answer
  if (status === 401 || status === 403) {
    const advice = 'give a token with SEKALI_TOKEN or --token, or another one'
    return { check: problem('token', { detail: `${url} answered ${status}`, advice, exitCode: exitCode.auth }) }
  }
  if (status >= 300 && status < 400) {
    const advice = 'give the address that it points to with --url'
    return { check: problem(name, { detail: `${url} points to ${printable(location ?? '?')}`, advice }) }
  }
  if (status >= 500) {
    const advice = 'look into its log, and into that of a proxy before it'
    const detail = `${url} answered ${status}`
    return { check: problem(name, { detail, advice, exitCode: exitCode.unreachable }) }
  }
  const system = systemIn(text)
  if (status === 200 && system !== undefined) {
    return { check: ok(name, `${url} answered in ${answeredAtMs - sentAtMs} ms`), system }
  }
  const advice = 'look at the port and the path of --url: something else answers there'
  return { check: problem(name, { detail: `${url} is not a Sekali server (GET system: ${status})`, advice }) }
}

function systemIn(text: string): SystemAnswer | undefined {
  const members = parseObject(text)
  const isSystem = 'version' in members && 'store' in members && 'health' in members && 'config' in members
  return isSystem ? (members as unknown as SystemAnswer) : undefined
}

/** The words in a line of OpenSSL, between its codes and places in source files. */
const opensslReason = /SSL routines:\w*:([^:]+):/

function unanswered(url: string, { code, reason }: Unanswered): Check {
  return problem(name, {
    detail: `${url} does not answer: ${printable(opensslReason.exec(reason)?.[1] ?? reason)}`,
    advice: adviceFor(code, new URL(url)),
    exitCode: exitCode.unreachable,
  })
}

function adviceFor(code: string, { protocol, host }: URL): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nobody listens there: "sekali serve" starts a server; for other machines it needs --host 0.0.0.0'
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'is the machine up, is the port open in its firewall, is the address right?'
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return "renew the server's certificate, or set the clock of this machine right"
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'give --url the name that the certificate is for'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'NODE_EXTRA_CA_CERTS=FILE names the certificate authority that signed it'
    case 'ECONNRESET':
    case 'EPROTO':
    case 'UND_ERR_SOCKET':
      return otherProtocol({ protocol, host })
    default:
      return /^(HPE|ERR_SSL)_/.test(code)
        ? otherProtocol({ protocol, host })
        : 'look at the scheme, the host and the port of --url'
  }
}

function otherProtocol({ protocol, host }: Pick<URL, 'protocol' | 'host'>): string {
  return protocol === 'https:'
    ? `what listens there may not speak TLS: try --url http://${host}`
    : `what listens there may speak TLS, or no HTTP at all: try --url https://${host}`
}
