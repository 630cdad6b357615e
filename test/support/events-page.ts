/** The events screen as a reader sees it: what tests look for on it. */
import type { Page } from 'playwright-core'

export const grid = (page: Page) => page.getByRole('grid', { name: 'Events' })

/** The row of an event, if it is in view. */
export const rowOf = (page: Page, text: string) => grid(page).getByRole('row').filter({ hasText: text })

/** Event ids of the rows in the document, from the top. */
export function shownIds(page: Page): Promise<string[]> {
  return grid(page)
    .locator('tbody td.cell-id')
    .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('title') ?? ''))
}

export function scrollTo(page: Page, topPx: number): Promise<void> {
  return page.locator('.event-scroller').evaluate((scroller, top) => {
    scroller.scrollTop = top
  }, topPx)
}

export function scrollTopOf(page: Page): Promise<number> {
  return page.locator('.event-scroller').evaluate((scroller) => scroller.scrollTop)
}

export async function waitUntilLive(page: Page): Promise<void> {
  await page.locator('.tail-state').getByText('Live', { exact: true }).waitFor()
}
