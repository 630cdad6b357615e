/** On which file system a path is, as Linux tells in /proc/self/mountinfo (proc_pid_mountinfo(5)). */

export interface Mount {
  readonly point: string
  readonly type: string
}

/** @param path absolute, without symbolic links. @returns undefined when the text is not such a table. */
export function mountOf(path: string, mountinfo: string): Mount | undefined {
  let found: Mount | undefined
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ')
    // After any number of optional fields comes a dash.
    const dash = fields.indexOf('-', 6)
    const point = unescaped(fields[4] ?? '')
    const type = fields[dash + 1]
    if (dash === -1 || type === undefined || !isBelow(path, point)) continue
    // A later mount covers an earlier one at the same place.
    if (found === undefined || point.length >= found.point.length) found = { point, type }
  }
  return found
}

function isBelow(path: string, point: string): boolean {
  return path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)
}

/** Space, tab, line break and backslash are written as octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
