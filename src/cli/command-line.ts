/** A command line as it can be typed again, for notes that say how to go on. */

/** @param flags undefined and false ones are left out, true ones have no value. */
export function commandLine(
  words: readonly string[],
  flags: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const options = Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined || value === false) return []
    return value === true ? [`--${name}`] : [`--${name}`, String(value)]
  })
  // From the first word that looks like an option on, words stand where there are no options any more.
  const dashAt = words.findIndex((word) => word.startsWith('-'))
  const split = dashAt === -1 ? words.length : dashAt
  const rest = dashAt === -1 ? [] : ['--', ...words.slice(split)]
  return ['sekali', ...words.slice(0, split), ...options, ...rest].map(quoted).join(' ')
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
