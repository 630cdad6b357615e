/** The first minute: a command to copy, the event as it arrives, and its retry as it is dropped. */
import { useState } from 'preact/hooks'
import { rootUrl } from '../../state/location.ts'
import { Card } from '../../ui/card.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { snippets } from './try-event.ts'
import { TryStory } from './try-story.tsx'
import { useTryEvent } from './use-try-event.ts'

export interface TryPanelProps {
  /** Nothing was stored when the page was opened. */
  readonly isFirstRun: boolean
  readonly onClose: () => void
}

export function TryPanel({ isFirstRun, onClose }: TryPanelProps) {
  const story = useTryEvent(isFirstRun)
  const all = snippets(story.event, rootUrl.href)
  const [chosen, setChosen] = useState<(typeof all)[number]['name']>('curl')
  const snippet = all.find(({ name }) => name === chosen) ?? all[0]
  return (
    <Card
      title={isFirstRun ? 'Publish your first event' : 'Try it: publish an event, twice'}
      actions={
        <button type="button" class="button quiet small" onClick={onClose}>
          Close
        </button>
      }
    >
      <div class="try">
        <div class="try-command">
          <div class="try-tabs">
            <Segmented
              label="Publish with"
              options={all.map(({ name, text }) => [name, text] as const)}
              value={chosen}
              onChoose={setChosen}
            />
            <span class="spacer" />
            <CopyButton label="Copy" text={snippet.code} />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <section class="code-block mono" tabIndex={0} aria-label={`Publish with ${snippet.text}`}>
            {snippet.code}
          </section>
          <p class="quiet small">
            Run it as often as you like: the topic and the event id say that it is the same event.
          </p>
        </div>
        <TryStory {...story} isFirstRun={isFirstRun} />
      </div>
    </Card>
  )
}
