/** A reader that left, as `head` does, is no reason for a stack trace. */

/** @param onClosed told once, when nobody reads standard output any more. */
export function acceptClosedPipes(onClosed: () => void = () => {}): void {
  let isClosed = false
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      if (isClosed || stream !== process.stdout) return
      isClosed = true
      onClosed()
    })
  }
}
