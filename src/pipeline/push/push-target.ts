/** Where a push may go: what a URL must be like, and which addresses its host has. */
import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'

/** All addresses of a name; rejects when there are none. */
export type ResolveHost = (name: string) => Promise<readonly LookupAddress[]>

export const pushUrlLimits = { maxChars: 2048 } as const

/**
 * What is wrong with a push URL, in words that follow its name; undefined when nothing is. What a name resolves to is
 * looked at with every attempt, not here: it may change.
 */
export function pushUrlFault(text: string, isPrivateAllowed: boolean): string | undefined {
  if (text.length > pushUrlLimits.maxChars) return `must have at most ${pushUrlLimits.maxChars} characters`
  const url = URL.parse(text)
  if (url === null) return 'must be an absolute URL'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  const host = bareHost(url)
  const isPrivate = isIP(host) === 0 ? isLocalName(host) : !isPublicAddress(host)
  if (isPrivate && !isPrivateAllowed) return privateFault(host)
  return undefined
}

/**
 * The addresses to connect to, and no others.
 *
 * @throws Error that says why the host is not to be connected to, or that it has no address.
 */
export async function resolveTarget(
  url: URL,
  resolveHost: ResolveHost,
  isPrivateAllowed: boolean,
): Promise<readonly LookupAddress[]> {
  const host = bareHost(url)
  const family = isIP(host)
  // The URL parser has already made one form of all ways to write an IPv4 address.
  const addresses = family === 0 ? await resolveHost(host) : [{ address: host, family }]
  if (addresses.length === 0) throw new Error(`${host} has no address`)
  // One that is not public is enough: a name that has both is made to get past a check of the first.
  if (!isPrivateAllowed && addresses.some(({ address }) => !isPublicAddress(address))) {
    throw new Error(`${host} ${privateFault(host)}`)
  }
  return addresses
}

/** Without the brackets of an IPv6 address. */
function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
}

function isLocalName(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  return name === 'localhost' || name.endsWith('.localhost')
}

function privateFault(host: string): string {
  return isIP(host) === 0 ? 'must not lead to a private address' : 'must not be a private address'
}
