/**
 * Which addresses a stranger may make this server connect to: those that the whole internet can reach, and no others.
 * After the registries of special-purpose addresses (RFC 6890 and what IANA added since).
 */
import { BlockList, isIP } from 'node:net'

const specialIpv4: readonly (readonly [network: string, prefixBits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local; where clouds keep the credentials of the machine.
  ['169.254.0.0', 16],
  // Public by its number, but a cloud's own: what is behind it trusts the machine.
  ['168.63.129.16', 32],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, reserved, broadcast.
  ['224.0.0.0', 3],
]

const specialIpv6: readonly (readonly [network: string, prefixBits: number])[] = [
  // Protocols' own, Teredo among them, which carries an IPv4 address.
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4 carries an IPv4 address too.
  ['2002::', 16],
  ['3fff::', 20],
]

const nat64Prefix = '64:ff9b::'

/** The only parts of IPv6 that are global; what is outside, IPv4-mapped addresses among them, is refused. */
const globalIpv6 = new BlockList()
globalIpv6.addSubnet('2000::', 3, 'ipv6')
// Networks without IPv4 reach it through these.
globalIpv6.addSubnet(nat64Prefix, 96, 'ipv6')

const special = new BlockList()
for (const [network, prefixBits] of specialIpv6) special.addSubnet(network, prefixBits, 'ipv6')
for (const [network, prefixBits] of specialIpv4) {
  special.addSubnet(network, prefixBits, 'ipv4')
  special.addSubnet(nat64Prefix + network, 96 + prefixBits, 'ipv6')
}

/** @param address an IP address, as a resolver gives it; anything else is not public. */
export function isPublicAddress(address: string): boolean {
  // A zone names an interface of this machine.
  if (address.includes('%')) return false
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4')
    case 6:
      return globalIpv6.check(address, 'ipv6') && !special.check(address, 'ipv6')
    default:
      return false
  }
}
