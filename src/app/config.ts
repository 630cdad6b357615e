/** The options of `sekali serve`: one table that flags, environment, file and help are read from. */
import { readFileSync } from 'node:fs'
import type { ConfigValue } from '../http/config-value.ts'
import { isPostgresUrl, parseServerUrl } from '../stores/postgres/server-url.ts'

/** As the options of `sekali serve`, which have the same defaults. */
export interface Config {
  /** Address to listen on, `127.0.0.1` unless given; `0.0.0.0` is every interface. */
  readonly host: string
  /** 0 is any free port. */
  readonly port: number
  /** `sqlite:PATH`, `memory:`, or `postgres://…` with as many hosts as it takes. */
  readonly store: string
  /** Events that may wait for a commit; 10,000 unless given. */
  readonly queueCapacityEvents: number
  /** Of one publish body, inflated. */
  readonly bodyLimitBytes: number
  /** `trace` to `fatal`, or `silent`; for `sekali serve`: here the logger given decides. */
  readonly logLevel: string
  /** Requests per minute and client address; 0 is no limit. */
  readonly rateLimitPerMinute: number
  /** Whether subscriptions may push to addresses that are not public. */
  readonly isPrivatePushAllowed: boolean
}

/** A mistake of the person who started the program; its text says what to change. */
export class UsageError extends Error {}

export interface ConfigOption {
  readonly flag: string
  /** What it sets; undefined for the file of the others. */
  readonly key?: keyof Config
  readonly env: string
  readonly placeholder: string
  readonly description: string
  readonly defaultText: string
  /** The flag alone says `true`. */
  readonly isSwitch?: true
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

export const configOptions = [
  {
    ...option('host', 'NAME', '127.0.0.1', 'address to listen on; 0.0.0.0 is every interface'),
    key: 'host',
  },
  { ...option('port', 'N', '8080', 'port to listen on; 0 is any free port'), key: 'port' },
  {
    ...option(
      'store',
      'URL',
      'sqlite:data/sekali.db',
      'where events are kept: sqlite:PATH, memory: or postgres://USER@HOST/DB',
    ),
    key: 'store',
  },
  {
    ...option('queue-capacity', 'EVENTS', '10000', 'events that may wait for a commit'),
    key: 'queueCapacityEvents',
  },
  { ...option('body-limit', 'BYTES', '8388608', 'largest publish body, inflated'), key: 'bodyLimitBytes' },
  {
    ...option('rate-limit', 'N', '0', 'requests per minute and client address; 0 is no limit'),
    key: 'rateLimitPerMinute',
  },
  {
    ...option('push-allow-private', 'BOOL', 'false', 'let subscriptions push to private addresses too'),
    key: 'isPrivatePushAllowed',
    isSwitch: true,
  },
  { ...option('log-level', 'LEVEL', 'info', logLevels.join(', ')), key: 'logLevel' },
] as const satisfies readonly ConfigOption[]

export const configFileOption = option('config', 'FILE', 'none', 'JSON file with these options, named as the flags')

type Flag = (typeof configOptions)[number]['flag']

/** Where an option was set. */
export type ConfigOrigin = 'flag' | 'environment' | 'file' | 'default'
/** For people to look at; what is not in it was set by the program. */
export type ConfigOrigins = Readonly<Partial<Record<keyof Config, ConfigOrigin>>>

/** Texts by flag name, as a person wrote them. */
export type OptionTexts = Readonly<Record<string, string | undefined>>

interface OptionText {
  readonly text: string
  readonly origin: ConfigOrigin
  /** For people: where it was set. */
  readonly place: string
}

/**
 * Flags win over the environment, the environment over the file given by `--config`, the file over the defaults.
 *
 * @param flags by flag name, also `config`.
 * @throws UsageError naming the option and where it was set.
 */
export function resolveConfig(flags: OptionTexts, env: OptionTexts): Config {
  return resolveSettings(flags, env).config
}

export interface Settings {
  readonly config: Config
  /** Where each value was set. */
  readonly origins: ConfigOrigins
}

/** As `resolveConfig`. */
export function resolveSettings(flags: OptionTexts, env: OptionTexts): Settings {
  const textOf = openTexts(flags, env)
  const read = <T>(flag: Flag, parse: (text: string) => T): T => {
    const { text, place } = textOf(flag)
    try {
      return parse(text)
    } catch (thrown) {
      const shown = maskedStore(text ?? '')
      throw new UsageError(`${place} ${(thrown as Error).message}, not "${shown}"`, { cause: thrown })
    }
  }
  const config = {
    host: read('host', nonEmpty),
    port: read('port', wholeNumber(0, 65_535)),
    store: read('store', storeUrl),
    queueCapacityEvents: read('queue-capacity', wholeNumber(1, 1_000_000)),
    bodyLimitBytes: read('body-limit', wholeNumber(1, 256 * 1024 * 1024)),
    logLevel: read('log-level', oneOf(logLevels)),
    rateLimitPerMinute: read('rate-limit', wholeNumber(0, 1_000_000_000)),
    isPrivatePushAllowed: read('push-allow-private', oneOf(['true', 'false'])) === 'true',
  }
  return { config, origins: Object.fromEntries(configOptions.map(({ key, flag }) => [key, textOf(flag).origin])) }
}

/**
 * The configuration as text, for people to look at.
 *
 * @param origins where values were set; what is not among them was set by the program that embeds the aggregator.
 */
export function describeConfig(config: Config, origins: ConfigOrigins): ConfigValue[] {
  return configOptions.map(({ key, flag, defaultText }) => {
    const text = String(config[key])
    const origin = origins[key] ?? (text === defaultText ? 'default' : 'program')
    return { name: flag, value: key === 'store' ? maskedStore(text) : text, origin }
  })
}

/** A store's address without its password; one with an unescaped `@` or `/` is masked to its end. */
export function maskedStore(url: string): string {
  return url.replace(/^(\w+:\/\/[^/?#:@]*):[^?#]*@/, '$1:***@').replaceAll(/([?&]\w*password=)[^&#]*/gi, '$1***')
}

function openTexts(flags: OptionTexts, env: OptionTexts): (flag: Flag) => OptionText {
  const path = flags.config ?? env[configFileOption.env]
  const file = path === undefined ? {} : readConfigFile(path)
  return (flag) => {
    const { env: variable, defaultText } = configOptions.find((each) => each.flag === flag) ?? configFileOption
    const fromFlag = flags[flag]
    if (fromFlag !== undefined) return { text: fromFlag, origin: 'flag', place: `--${flag}` }
    const fromEnv = env[variable]
    if (fromEnv !== undefined) return { text: fromEnv, origin: 'environment', place: variable }
    const fromFile = file[flag]
    if (fromFile !== undefined) return { text: fromFile, origin: 'file', place: `"${flag}" in ${path}` }
    return { text: defaultText, origin: 'default', place: flag }
  }
}

function option<const F extends string>(flag: F, placeholder: string, defaultText: string, description: string) {
  return { flag, env: `SEKALI_${flag.toUpperCase().replaceAll('-', '_')}`, placeholder, defaultText, description }
}

function readConfigFile(path: string): OptionTexts {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'))
  } catch (thrown) {
    throw new UsageError(`--config ${path} cannot be read: ${(thrown as Error).message}`, { cause: thrown })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new UsageError(`--config ${path} must hold a JSON object`)
  }
  const flags: readonly string[] = configOptions.map(({ flag }) => flag)
  const texts: Record<string, string> = {}
  for (const [key, value] of Object.entries(parsed)) {
    if (!flags.includes(key)) {
      throw new UsageError(`--config ${path}: "${key}" is not an option; options are ${flags.join(', ')}`)
    }
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new UsageError(`--config ${path}: "${key}" must be a string or a number, or true or false`)
    }
    texts[key] = String(value)
  }
  return texts
}

function nonEmpty(text: string): string {
  if (text === '') throw new Error('must not be empty')
  return text
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new Error(`must be a whole number from ${min} to ${max}`)
  }
}

function oneOf(values: readonly string[]): (text: string) => string {
  return (text) => {
    if (values.includes(text)) return text
    throw new Error(`must be one of ${values.join(', ')}`)
  }
}

function storeUrl(text: string): string {
  if (text === 'memory:' || (text.startsWith('sqlite:') && text.length > 'sqlite:'.length)) return text
  if (!isPostgresUrl(text)) throw new Error('must be sqlite:PATH, memory: or postgres://USER@HOST/DB')
  parseServerUrl(text)
  return text
}
