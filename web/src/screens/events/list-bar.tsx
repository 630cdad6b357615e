/** What the list holds and how live it is, in words, in one line that keeps its place. */
import { useEffect } from 'preact/hooks'
import { count } from '../../state/format.ts'
import { nowMs } from '../../state/now.ts'
import { announce } from '../../ui/announce.ts'
import type { EventList, PauseReason } from './event-list.ts'
import { endWords, tailWords } from './list-words.ts'

export interface ListBarProps {
  readonly list: EventList
  readonly isLive: boolean
  readonly onResume: () => void
  readonly onReload: () => void
}

const pauseWords: Readonly<Record<PauseReason, string>> = {
  scroll: 'because you scrolled away from the newest',
  selection: 'because you selected text',
  row: 'because you look at an event',
  hand: '',
}

export function ListBar({ list, isLive, onResume, onReload }: ListBarProps) {
  const { pause, end } = list
  return (
    <div class={pause === undefined ? 'list-bar' : 'list-bar paused'}>
      {pause !== undefined ? (
        <>
          <span class="tail-state" role="status">
            <strong>Paused,</strong> {count(list.live.waitingCount)} new
          </span>
          <span class="quiet small list-bar-why">{pauseWords[pause]}</span>
          <button type="button" class="button small" onClick={onResume}>
            Resume <kbd>End</kbd>
          </button>
        </>
      ) : (
        isLive && <TailState list={list} />
      )}
      <span class="spacer" />
      {list.live.skippedCount > 0 && (
        <span class="small quiet">
          {count(list.live.skippedCount)} came too fast to be shown{' '}
          <button type="button" class="button small" onClick={onReload}>
            Show all
          </button>
        </span>
      )}
      {pause === undefined && <span class="small quiet">{endWords(list.length, end)}</span>}
      {end === 'partial' && (
        <button type="button" class="button small" onClick={() => list.goOn()}>
          Go on searching
        </button>
      )}
      {end === 'cut' && pause === undefined && (
        <button type="button" class="button small" onClick={onReload}>
          Page through all
        </button>
      )}
    </div>
  )
}

function TailState({ list }: { readonly list: EventList }) {
  const { tailState, live } = list
  const kind = tailState?.kind ?? 'connecting'
  useEffect(() => {
    announce(`Live tail: ${kind}`)
  }, [kind])
  const { received, taken } = live.lastSecond(nowMs.value)
  return (
    <>
      <span class="tail-state">
        <span class={kind === 'live' ? 'dot good' : kind === 'connecting' ? 'dot' : 'dot alert'} />
        {tailWords(tailState, nowMs.value)}
      </span>
      {kind === 'live' && (
        <span class="small quiet">
          {received > taken ? `showing ${count(taken)} of ${count(received)}/s` : `${count(received)}/s`}
        </span>
      )}
      {(kind === 'reconnecting' || kind === 'stopped') && (
        <button type="button" class="button small" onClick={() => list.hurry()}>
          Try now
        </button>
      )}
    </>
  )
}
