/** Where PostgreSQL is: a URL as libpq takes it, with several hosts of which one is the primary. */

/** `any`: the first that answers; the store needs one that takes writes, so that is what it asks for by default. */
export type SessionAttributes = 'read-write' | 'primary' | 'any'

export interface ServerAddress {
  /** One URL for each host, in the order in which they are tried. */
  readonly hostUrls: readonly string[]
  readonly attributes: SessionAttributes
}

const attributesParameter = 'target_session_attrs'
const known: readonly string[] = ['read-write', 'primary', 'any'] satisfies SessionAttributes[]
const pattern = /^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?)([^/?]*)(\/[^?]*)?(?:\?(.*))?$/

/**
 * @param text `postgres://user@host1:5432,host2:5432/database?target_session_attrs=read-write`, or with `postgresql:`.
 * @throws Error in words that follow the option's name.
 */
export function parseServerUrl(text: string): ServerAddress {
  const [, start, hosts = '', path = '', query = ''] = pattern.exec(text) ?? []
  if (start === undefined) throw new Error('must be postgres://USER@HOST:PORT/DATABASE')
  const parameters = new URLSearchParams(query)
  const attributes = parameters.get(attributesParameter) ?? 'read-write'
  parameters.delete(attributesParameter)
  if (!isAttributes(attributes)) throw new Error(`must have one of ${known.join(', ')} as its ${attributesParameter}`)
  const rest = parameters.size === 0 ? path : `${path || '/'}?${parameters}`
  const hostUrls = hosts.split(',').map((host) => `${start}${host}${rest}`)
  if (!hostUrls.every((url) => URL.canParse(url)))
    throw new Error('must name its hosts as HOST:PORT, separated by commas')
  return { hostUrls, attributes }
}

export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text)
}

function isAttributes(text: string): text is SessionAttributes {
  return known.includes(text)
}
