/** The dashboard without a mouse: everything is reached by Tab, screens by two keys, and the sheet says which. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { afterTest } from '../support/after-test.ts'
import { openPage } from '../support/browser.ts'
import { startDemoAggregator } from '../support/demo-aggregator.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const titles = {
  o: 'Overview',
  e: 'Events',
  d: 'Duplicates',
  t: 'Topics',
  s: 'Subscriptions',
  y: 'System',
} as const

const spanMs = 60_000

/** What can be used and is in sight; of radio buttons one is a stop, and the arrows lead to the others. */
const usable = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter(
  (element) => !element.disabled && element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true }) &&
    !(element.type === 'radio' && !element.checked))`

function untilShown(page: Page): Promise<void> {
  return page.getByRole('heading', { level: 1 }).waitFor()
}

/** @returns those that Tab did not come to. */
async function unreached(page: Page): Promise<string[]> {
  await page.evaluate(`reached = new Set(); document.addEventListener('focusin', ({ target }) => reached.add(target))`)
  const stops = await page.evaluate<number>(`${usable}.length`)
  // What is shown anew meanwhile is a stop more.
  for (let left = stops + 20; left > 0; left--) await page.keyboard.press('Tab')
  return page.evaluate<string[]>(
    `${usable}.filter((element) => !reached.has(element)).map((element) => element.outerHTML)`,
  )
}

async function openDemo(t: TestContext, path: string): Promise<Page> {
  const demo = await startDemoAggregator({ folder: temporaryFolder(t), spanMs })
  afterTest(t, () => demo[Symbol.asyncDispose]())
  return openPage(t, `${demo.url}/${path}`)
}

for (const path of ['', 'events', 'duplicates', 'topics', 'subscriptions', 'subscriptions/billing', 'system']) {
  test(`Tab comes to everything on /${path}`, async (t) => {
    const page = await openDemo(t, path)
    await untilShown(page)
    await page.locator('.loading').first().waitFor({ state: 'detached' })
    assert.deepEqual(await unreached(page), [])
  })
}

test('g and a letter lead to each screen', async (t) => {
  const { url } = await startTestServer(t)
  const page = await openPage(t, url)
  await untilShown(page)
  for (const [key, title] of Object.entries(titles).reverse()) {
    await page.keyboard.press('g')
    await page.keyboard.press(key)
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
  }
})

test('? opens the sheet of keys and Esc closes it; the focus goes back', async (t) => {
  const { url } = await startTestServer(t)
  const page = await openPage(t, `${url}/duplicates`)
  await untilShown(page)
  await page.getByRole('link', { name: 'Topics' }).focus()
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keys' })
  for (const title of Object.values(titles)) await sheet.getByText(title, { exact: true }).waitFor()
  await page.keyboard.press('Escape')
  await sheet.waitFor({ state: 'detached' })
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Topics')
})

test('keys are letters while one types', async (t) => {
  const { url } = await startTestServer(t)
  const page = await openPage(t, `${url}/subscriptions?do=create`)
  const name = page.getByLabel('Name')
  await name.pressSequentially('gd?')
  assert.equal(await name.inputValue(), 'gd?')
  assert.match(page.url(), /subscriptions\?do=create$/)
})

test('the first Tab skips the navigation', async (t) => {
  const { url } = await startTestServer(t)
  const page = await openPage(t, `${url}/system`)
  await untilShown(page)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate('document.activeElement.tagName'), 'MAIN')
})

test('an event opens, and its copies are reached, with the keyboard alone', async (t) => {
  const page = await openDemo(t, 'duplicates')
  const first = page.locator('tbody button').first()
  await first.focus()
  await page.keyboard.press('Enter')
  await page.getByText('This copy stays.').waitFor()
  assert.equal(await first.getAttribute('aria-expanded'), 'true')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(`document.activeElement.closest('tr.opened') !== null`), true)
})
