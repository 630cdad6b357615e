/** What a test opened, closed in reverse order: the page before its server, the server before its folder. */
import type { TestContext } from 'node:test'

const opened = new WeakMap<TestContext, AsyncDisposableStack>()

/** node:test runs its own `after` hooks in the order they were given. */
export function afterTest(t: TestContext, close: () => unknown): void {
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
