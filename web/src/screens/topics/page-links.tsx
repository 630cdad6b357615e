/** From page to page, by links: they can be opened, shared and undone. */
import { count } from '../../state/format.ts'
import { hrefWith } from '../../state/location.ts'

export interface PageLinksProps {
  /** From 1. */
  readonly page: number
  readonly pages: number
}

export function PageLinks({ page, pages }: PageLinksProps) {
  if (pages === 1) return null
  return (
    <nav class="page-links" aria-label="Pages">
      <Step to={page - 1} isPossible={page > 1} text="Previous" />
      <span class="quiet small">
        Page {count(page)} of {count(pages)}
      </span>
      <Step to={page + 1} isPossible={page < pages} text="Next" />
    </nav>
  )
}

interface StepProps {
  readonly to: number
  readonly isPossible: boolean
  readonly text: string
}

function Step({ to, isPossible, text }: StepProps) {
  return isPossible ? (
    <a class="button small" href={hrefWith({ page: to === 1 ? undefined : String(to) })}>
      {text}
    </a>
  ) : (
    <button type="button" class="button small" disabled>
      {text}
    </button>
  )
}
