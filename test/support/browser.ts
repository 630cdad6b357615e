/**
 * The dashboard in a real browser: one Chromium for a test file, one fresh profile (context) for a test. Whatever the
 * page complains of on its console, an error or a breach of the content security policy, fails the test at its end.
 */
import assert from 'node:assert/strict'
import { after, afterEach, type TestContext } from 'node:test'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { ensureBuiltPage } from './built-page.ts'
import { chromiumPath } from './chromium.ts'

/** For a state that is waited for, on a machine that does much else. */
const waitMs = 30_000

export interface TestPageOptions extends BrowserContextOptions {
  /** Complaints that belong to the test: a server that is stopped is a failed request on the console. */
  readonly expectedComplaints?: readonly RegExp[]
}

// Before the first server of a test file: servers read the page's files once, at their start.
ensureBuiltPage()

let launching: Promise<Browser> | undefined
after(async () => (await launching)?.close())

/**
 * What ends the contexts of a test, by the test's full name. Not `t.after`: those run in the order in which they were
 * registered, the server's first, and a page that asks a server that is gone complains.
 */
const endings = new Map<string, (() => Promise<void>)[]>()
afterEach(async ({ fullName }) => {
  const own = endings.get(fullName) ?? []
  endings.delete(fullName)
  for (const end of own) await end()
})

/** A page of a context of its own, at `url`. */
export async function openPage(t: TestContext, url: string, options: TestPageOptions = {}): Promise<Page> {
  const page = await (await openContext(t, options)).newPage()
  await page.goto(url)
  return page
}

/** For several pages (tabs) that share storage, locks and channels. Closed after the test. */
export async function openContext(
  t: TestContext,
  { expectedComplaints = [], ...options }: TestPageOptions = {},
): Promise<BrowserContext> {
  launching ??= launch()
  const browser = await launching
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', ...options })
  context.setDefaultTimeout(waitMs)
  const complaints = collectComplaints(context)
  const end = async () => {
    await context.close()
    const unexpected = complaints.filter((text) => !expectedComplaints.some((pattern) => pattern.test(text)))
    assert.deepEqual(unexpected, [], 'the page complained')
  }
  endings.set(t.fullName, [...(endings.get(t.fullName) ?? []), end])
  return context
}

/** Grows as the pages of a context complain. */
export function collectComplaints(context: BrowserContext): readonly string[] {
  const complaints: string[] = []
  context.on('console', (entry) => {
    // Breaches of the content security policy come as errors, or as warnings when they are only reported.
    if (entry.type() !== 'error' && !entry.text().includes('Content Security Policy')) return
    complaints.push(`${entry.text()} (${entry.location().url})`)
  })
  context.on('weberror', (webError) => complaints.push(webError.error().stack ?? webError.error().message))
  context.on('page', (page) => {
    page.on('crash', () => complaints.push('the page crashed'))
  })
  return complaints
}

function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}
