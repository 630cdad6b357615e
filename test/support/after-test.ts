/** What a test opened, closed in reverse order: the page before its server, the server before its folder. */

/** A test, or a trial of a fault: what is opened in it is closed after it. */
export interface Scope {
  after(close: () => unknown): void
}

const opened = new WeakMap<Scope, AsyncDisposableStack>()

/** node:test runs its own `after` hooks in the order they were given. */
export function afterTest(t: Scope, close: () => unknown): void {
  let stack = opened.get(t)
  if (stack === undefined) {
    stack = new AsyncDisposableStack()
    opened.set(t, stack)
    t.after(() => opened.get(t)?.disposeAsync())
  }
  stack.defer(async () => {
    await close()
  })
}
