/** The frame and the screen that the address names. Screens are loaded when they are first visited. */
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Overview } from './screens/overview/overview.tsx'
import { type ScreenName, screens } from './screens/screens.ts'
import { useKeys } from './state/keys.ts'
import { go, hrefTo, place } from './state/location.ts'
import { announcement } from './ui/announce.ts'
import { KeySheet } from './ui/key-sheet.tsx'
import { Nav } from './ui/nav.tsx'
import { Empty, Loading } from './ui/notes.tsx'

const loaders: Readonly<Record<Exclude<ScreenName, 'overview'>, () => Promise<ComponentType>>> = {
  events: async () => (await import('./screens/events/events.tsx')).Events,
  duplicates: async () => (await import('./screens/duplicates/duplicates.tsx')).Duplicates,
  topics: async () => (await import('./screens/topics/topics.tsx')).Topics,
  subscriptions: async () => (await import('./screens/subscriptions/subscriptions.tsx')).Subscriptions,
  system: async () => (await import('./screens/system/system.tsx')).System,
}

export function App() {
  const [isSheetOpen, setSheetOpen] = useState(false)
  const name = screens.find(({ segment }) => segment === (place.value.segments[0] ?? ''))?.name
  useKeys('Everywhere', [
    { keys: '?', label: 'This sheet', run: () => setSheetOpen(true) },
    ...screens.map(({ segment, title, key }) => ({
      keys: `g ${key}`,
      label: title,
      run: () => go(hrefTo(segment === '' ? [] : [segment])),
    })),
  ])
  return (
    <>
      <a class="skip-link" href="#content" data-outside>
        Skip to the content
      </a>
      <div class="frame">
        <Nav onShowKeys={() => setSheetOpen(true)} />
        <main class="content" id="content" tabIndex={-1}>
          <CurrentScreen name={name} />
        </main>
      </div>
      <div class="visually-hidden" role="status">
        {announcement.value}
      </div>
      {isSheetOpen && <KeySheet onClose={() => setSheetOpen(false)} />}
    </>
  )
}

function CurrentScreen({ name }: { readonly name: ScreenName | undefined }) {
  const [loaded, setLoaded] = useState<{ readonly name: ScreenName; readonly Component: ComponentType }>()
  const [isLost, setLost] = useState(false)
  useEffect(() => {
    if (name === undefined || name === 'overview') return
    let isGone = false
    setLost(false)
    loaders[name]().then(
      (Component) => isGone || setLoaded({ name, Component }),
      () => isGone || setLost(true),
    )
    return () => {
      isGone = true
    }
  }, [name])
  if (name === undefined) {
    return (
      <Empty>
        There is no such page. <a href={hrefTo([])}>Go to the overview</a>
      </Empty>
    )
  }
  if (name === 'overview') return <Overview />
  // A server that was updated meanwhile no longer has the file.
  if (isLost) return <Empty>This screen could not be loaded. Reload the page.</Empty>
  return loaded?.name === name ? <loaded.Component /> : <Loading />
}
