/** A command as it can be typed again in a shell. */

/** The value of each option; undefined ones are left out, `true` stands alone. */
export type TypedOptions = Readonly<Record<string, string | number | true | undefined>>

/** Without the token: what is printed ends in logs. */
export function commandLine(words: readonly string[], options: TypedOptions): string {
  const typed = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return []
    return value === true ? [name] : [name, String(value)]
  })
  return ['sekali', ...words, ...typed].map(shellWord).join(' ')
}

function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
