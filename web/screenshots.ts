/**
 * Writes docs/screenshots/*.png: the main screens over an hour of demo traffic that is still going on.
 *
 *   npm run screenshots -- [name…]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { ensureBuiltPage } from '../test/support/built-page.ts'
import { chromiumPath } from '../test/support/chromium.ts'
import { startDemoAggregator } from '../test/support/demo-aggregator.ts'
import { startDemoTraffic } from '../test/support/demo-traffic.ts'

interface Shot {
  readonly name: string
  readonly path: string
  readonly colorScheme?: 'light' | 'dark'
  readonly widthPx?: number
  /** Brings the page into the state to be shown, and waits for it. */
  prepare(page: Page): Promise<void>
}

const heightPx = 900
const folder = fileURLToPath(new URL('../docs/screenshots/', import.meta.url))

const overview = {
  path: '',
  async prepare(page) {
    await page.getByRole('heading', { name: 'Received over time' }).waitFor()
    await page.locator('.chart canvas').first().waitFor()
    // The rates are those of the last ten seconds, and a dash before.
    await page.locator('.figure', { hasText: /Stored now\s*\d/ }).waitFor()
  },
} as const satisfies Omit<Shot, 'name'>

const events = {
  path: 'events',
  async prepare(page) {
    await page.locator('.chart canvas').first().waitFor()
    const row = page.getByRole('row').filter({ hasText: 'invoices.sent' }).first()
    await row.click()
    await page.locator('aside, [role="complementary"]').last().waitFor()
  },
} as const satisfies Omit<Shot, 'name'>

const duplicates = {
  path: 'duplicates?source=invoice-worker',
  async prepare(page) {
    await page.locator('.chart canvas').first().waitFor()
    await page.locator('tbody button').first().click()
    await page.getByText('Refused').first().waitFor()
    // The diff and the sentence about its publisher at once.
    await page.getByRole('heading', { name: /^Events \(/ }).evaluate('(heading) => heading.scrollIntoView()')
  },
} as const satisfies Omit<Shot, 'name'>

const shots: readonly Shot[] = [
  { name: 'overview', ...overview },
  { name: 'overview-dark', ...overview, colorScheme: 'dark' },
  { name: 'overview-narrow', ...overview, widthPx: 390 },
  { name: 'events', ...events },
  { name: 'events-dark', ...events, colorScheme: 'dark' },
  { name: 'duplicates', ...duplicates },
  { name: 'duplicates-dark', ...duplicates, colorScheme: 'dark' },
  {
    name: 'publishers',
    path: 'duplicates?by=source',
    prepare: async (page) => {
      await page.locator('.chart canvas').first().waitFor()
      await page.getByRole('heading', { name: /^Publishers \(/ }).waitFor()
    },
  },
  {
    name: 'subscriptions',
    path: 'subscriptions',
    prepare: (page) => page.getByText('push paused').waitFor(),
  },
]

async function take(browser: Browser, url: string, { name, path, prepare, ...look }: Shot): Promise<void> {
  const { colorScheme = 'light', widthPx = 1440 } = look
  const viewport = { width: widthPx, height: heightPx }
  await using context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', timezoneId: 'UTC' })
  const page = await context.newPage()
  await page.goto(`${url}/${path}`)
  await prepare(page)
  await page.locator('.loading').first().waitFor({ state: 'detached' })
  const file = join(folder, `${name}.png`)
  await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' })
  process.stdout.write(`${name}.png ${Math.ceil(statSync(file).size / 1000)} kB\n`)
}

async function main(wanted: readonly string[]): Promise<void> {
  const chosen = shots.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  if (chosen.length === 0) throw new Error(`no such screenshot; there are ${shots.map(({ name }) => name).join(', ')}`)
  ensureBuiltPage()
  await using opened = new AsyncDisposableStack()
  const store = mkdtempSync(join(tmpdir(), 'sekali-screenshots-'))
  opened.defer(() => rmSync(store, { recursive: true, force: true }))
  const { url } = opened.use(await startDemoAggregator({ folder: store, spanMs: 3_600_000 }))
  opened.use(startDemoTraffic(url))
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] })
  opened.defer(() => browser.close())
  for (const shot of chosen) {
    try {
      await take(browser, url, shot)
    } catch (error) {
      // The others are of use all the same.
      process.exitCode = 1
      process.stderr.write(`${shot.name}: ${error}\n`)
    }
  }
}

await main(process.argv.slice(2))
