/** The server that a command talks to, and as whom. */
import type { Command } from 'commander'
import { UsageError } from '../app/config.ts'

export const defaultServerUrl = 'http://127.0.0.1:8080'

/** Where requests go. */
export interface ServerAddress {
  /** A path before that of the routes is kept. */
  readonly url: string
  /** Sent as `Authorization: Bearer`. */
  readonly token: string | undefined
}

export interface ServerFlags {
  readonly url?: string
  readonly token?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** `--url` and `--token`, as every command has them that talks to a server. */
export function addServerOptions(command: Command): Command {
  return command
    .option('--url <URL>', `the server (default ${defaultServerUrl}, SEKALI_URL)`)
    .option('--token <TOKEN>', 'for a server that asks for one; others see it in the list of processes (SEKALI_TOKEN)')
}

/** @throws UsageError when one of them cannot be what it says. */
export function serverAddressOf(flags: ServerFlags, env: Environment = process.env): ServerAddress {
  return { url: urlOf(flags, env) ?? defaultServerUrl, token: tokenOf(flags, env) }
}

function urlOf({ url }: ServerFlags, { SEKALI_URL }: Environment): string | undefined {
  if (url !== undefined) return checkServerUrl(url, '--url')
  return SEKALI_URL ? checkServerUrl(SEKALI_URL, 'SEKALI_URL') : undefined
}

function tokenOf({ token }: ServerFlags, { SEKALI_TOKEN }: Environment): string | undefined {
  if (token !== undefined) return checkToken(token, '--token')
  return SEKALI_TOKEN ? checkToken(SEKALI_TOKEN, 'SEKALI_TOKEN') : undefined
}

/** The text itself is a secret, and not repeated. */
function checkToken(token: string, place: string): string {
  if (/^[\x21-\x7e]{1,4096}$/.test(token)) return token
  throw new UsageError(`${place} must be 1 to 4,096 visible ASCII characters`)
}

/** @param place how it was given, for the message. @throws UsageError when it is not an http address. */
export function checkServerUrl(text: string, place: string): string {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`${place} must be like ${defaultServerUrl}, not "${text}"`)
  }
  if (url.username !== '' || url.password !== '') throw new UsageError(`${place} must not hold a user or a password`)
  if (url.search !== '' || url.hash !== '') throw new UsageError(`${place} must end before ? and #, not "${text}"`)
  return url.href
}
