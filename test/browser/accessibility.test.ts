/** The dashboard for everybody: axe-core on every screen in light and dark, empty and full. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { afterTest } from '../support/after-test.ts'
import { seriousFaults } from '../support/axe.ts'
import { openPage } from '../support/browser.ts'
import { startDemoAggregator } from '../support/demo-aggregator.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const screens = [
  '',
  '?try=1',
  'events',
  'events?live=true',
  'events?view=raw',
  'duplicates',
  'duplicates?by=source',
  'topics',
  'subscriptions',
  'system',
] as const
const emptyScreens = [...screens, 'subscriptions?do=create', 'subscriptions/nobody', 'events/no/where']
const spanMs = 300_000

async function startFull(t: TestContext): Promise<{ url: string; paths: readonly string[] }> {
  const demo = await startDemoAggregator({ folder: temporaryFolder(t), spanMs })
  afterTest(t, () => demo[Symbol.asyncDispose]())
  const answer = await fetch(`${demo.url}/duplicates/events?limit=1`)
  const { events } = (await answer.json()) as { events: { topic: string; event_id: string; seq: number }[] }
  const [event] = events
  assert(event !== undefined)
  const paths = [
    ...screens,
    `duplicates?open=${event.seq}`,
    `events/${event.topic}/${event.event_id}`,
    `events?tab=history&open=${event.topic}/${event.event_id}`,
    `events/${event.topic}/${event.event_id}?tab=history`,
    'subscriptions/billing',
    'subscriptions/billing?do=seek',
    'subscriptions/warehouse-webhook?do=delete',
  ]
  return { url: demo.url, paths }
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const widthPx of [1440, 390]) {
    test(`nothing serious is wrong in ${colorScheme}, ${widthPx} px wide, with much to show`, async (t) => {
      await check(t, { ...(await startFull(t)), colorScheme, widthPx })
    })

    test(`nothing serious is wrong in ${colorScheme}, ${widthPx} px wide, with nothing to show`, async (t) => {
      const { url } = await startTestServer(t)
      await check(t, { url, paths: emptyScreens, colorScheme, widthPx })
    })
  }
}

interface Look {
  readonly url: string
  readonly paths: readonly string[]
  readonly colorScheme: 'light' | 'dark'
  readonly widthPx: number
}

async function check(t: TestContext, { url, paths, colorScheme, widthPx }: Look): Promise<void> {
  const faults: string[] = []
  const viewport = { width: widthPx, height: 900 }
  const page = await openPage(t, url, { colorScheme, viewport, expectedComplaints: [/status of 404/] })
  for (const path of paths) {
    await page.goto(`${url}/${path}`)
    await page.locator('main > :not(.loading)').first().waitFor()
    await page.locator('.loading').first().waitFor({ state: 'detached' })
    faults.push(...(await seriousFaults(page)).map((fault) => `/${path} ${fault}`))
    if (await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth'))
      faults.push(`/${path} is too wide`)
  }
  assert.deepEqual(faults, [])
}
