/** The server that a command talks to. */
import { UsageError } from '../app/config.ts'

export const defaultServerUrl = 'http://127.0.0.1:8080'

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

/** An address of the server, below the path that its URL may have. */
export function addressOf(url: string, path: string): string {
  return `${url.replace(/\/$/, '')}/${path}`
}
