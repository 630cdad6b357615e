/** Which topics a reader asks for: names, or patterns over their dot-separated parts. */
import { eventLimits, textFault } from './event.ts'

export const topicPatternLimits = { maxPatterns: 64 } as const

const onePart = '*'
const theRest = '>'

/** What is wrong with a pattern, in words that follow its name; undefined when nothing is. */
export function topicPatternFault(pattern: string): string | undefined {
  const fault = textFault(pattern, eventLimits.maxTopicChars)
  if (fault !== undefined) return fault
  const parts = pattern.split('.')
  return parts.slice(0, -1).includes(theRest) ? 'must have > as its last part only' : undefined
}

/**
 * Whether a topic is one of those asked for. `*` matches one part, whatever it is; `>` the rest, at least one part;
 * any other part itself.
 *
 * @param patterns valid ones; none match every topic.
 */
export function topicMatcher(patterns: readonly string[]): (topic: string) => boolean {
  if (patterns.length === 0 || patterns.includes(theRest)) return () => true
  const names = new Set(patterns.filter((pattern) => !hasWildcard(pattern)))
  const wild = patterns.filter(hasWildcard).map((pattern) => pattern.split('.'))
  return (topic) => {
    if (names.has(topic)) return true
    if (wild.length === 0) return false
    const parts = topic.split('.')
    return wild.some((pattern) => matchesParts(pattern, parts))
  }
}

/** Whether it may match more than one topic. */
export function hasWildcard(pattern: string): boolean {
  const parts = pattern.split('.')
  return parts.includes(onePart) || parts.at(-1) === theRest
}

function matchesParts(pattern: readonly string[], parts: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === theRest
  if (isOpen ? parts.length < pattern.length : parts.length !== pattern.length) return false
  const fixed = isOpen ? pattern.length - 1 : pattern.length
  for (let index = 0; index < fixed; index++) {
    if (pattern[index] !== onePart && pattern[index] !== parts[index]) return false
  }
  return true
}
