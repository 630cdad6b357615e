/** axe-core finds nothing serious: on wide and narrow screens, light and dark, empty and full. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer } from '../support/server.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeAnswer {
  readonly violations: readonly {
    readonly id: string
    readonly impact: string
    readonly nodes: readonly { readonly target: readonly string[] }[]
  }[]
}

const screens = [
  { path: '/', ready: 'Publishers that send again' },
  { path: '/?try=1', ready: 'Try it: publish an event, twice' },
  { path: '/topics', ready: '1 topic' },
  { path: '/system', ready: 'Configuration in force' },
] as const

for (const { path, ready } of screens) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      test(`${path} in ${colorScheme}, ${width} px wide`, async (t) => {
        const server = await startTestServer(t)
        const event = wireEvent()
        await server.publish(event, event, { ...event, payload: { other: true } })
        const page = await openPage(t, server.url + path, { colorScheme, viewport: { width, height: 900 } })
        await page.getByRole('heading', { name: ready }).waitFor()
        await page.evaluate(axe)
        const { violations } = await page.evaluate<AxeAnswer>('axe.run()')
        assert.deepEqual(
          violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
          [],
        )
      })
    }
  }
}
