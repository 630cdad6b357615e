/** A file of the program that is changed while it is loaded, in the one process that has the hook. */

export interface SourceChange {
  readonly name: string
  /** Relative to the repository. */
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
}

/** @throws Error when the file is not what the change was made for: it must be looked at again. */
export function applyChange({ name, file, find, replace }: SourceChange, source: string): string {
  const places = source.split(find).length - 1
  if (places !== 1) throw new Error(`${name} no longer fits: its text occurs ${places} times in ${file}, not once`)
  return source.replace(find, () => replace)
}
