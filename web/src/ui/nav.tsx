/** The way between screens, and what holds for all of them: the clock and the theme. */
import { useEffect, useRef } from 'preact/hooks'
import { screens } from '../screens/screens.ts'
import { hrefTo, place } from '../state/location.ts'
import { theme } from '../state/theme.ts'
import { timeMode } from '../state/time.ts'
import { Segmented } from './segmented.tsx'

export interface NavProps {
  readonly onShowKeys: () => void
}

export function Nav({ onShowKeys }: NavProps) {
  const current = place.value.segments[0] ?? ''
  const nav = useRef<HTMLElement>(null)
  // On a narrow screen the links are a row that scrolls.
  useEffect(() => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [current])
  return (
    <nav ref={nav} class="nav" aria-label="Screens">
      <a class="nav-brand" href={hrefTo([])} aria-label="Sekali, overview">
        <Mark />
        <span>Sekali</span>
      </a>
      <div class="nav-links">
        {screens.map(({ segment, title }) => (
          <a
            key={segment}
            href={hrefTo(segment === '' ? [] : [segment])}
            aria-current={segment === current ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
      </div>
      <div class="nav-foot">
        <Segmented
          label="Times"
          options={[
            ['local', 'Local'],
            ['utc', 'UTC'],
            ['relative', 'Ago'],
          ]}
          value={timeMode.chosen.value}
          onChoose={timeMode.choose}
        />
        <Segmented
          label="Theme"
          options={[
            ['auto', 'Auto'],
            ['light', 'Light'],
            ['dark', 'Dark'],
          ]}
          value={theme.chosen.value}
          onChoose={theme.choose}
        />
        <span>
          <button type="button" class="button quiet small" onClick={onShowKeys}>
            Keys <kbd>?</kbd>
          </button>{' '}
          <a href={hrefTo(['docs'])} data-outside>
            API
          </a>
        </span>
      </div>
    </nav>
  )
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--accent)" />
      <circle cx="16" cy="16" r="8.5" fill="none" stroke="var(--on-accent)" stroke-width="2.5" opacity=".45" />
      <circle cx="16" cy="16" r="4" fill="var(--on-accent)" />
    </svg>
  )
}
