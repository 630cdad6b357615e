/** A stretch of time in the address: a preset that moves with the clock, or two moments. */
import { useId, useState } from 'preact/hooks'
import { go, hrefWith, place } from '../state/location.ts'
import { nowMs } from '../state/now.ts'
import { isoWithOffset, parseTimeInput, resolveTime, timeMode } from '../state/time.ts'
import { Dialog } from './dialog.tsx'
import { Segmented } from './segmented.tsx'

const presets = [
  ['-15m', '15 min'],
  ['-1h', '1 h'],
  ['-24h', '24 h'],
  ['-7d', '7 d'],
  ['', 'All'],
] as const

export function RangePicker() {
  const [isOpen, setOpen] = useState(false)
  const { query } = place.value
  const from = query.get('from') ?? ''
  const to = query.get('to') ?? ''
  const preset = to === '' ? presets.find(([value]) => value === from)?.[0] : undefined
  return (
    <span class="range">
      <Segmented
        label="Time range"
        options={presets}
        value={preset ?? 'other'}
        onChoose={(value) => go(hrefWith({ from: value, to: undefined, cursor: undefined }))}
      />
      <button type="button" class="button small" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {preset === undefined ? rangeWords(from, to) : 'From … to …'}
      </button>
      {isOpen && <RangeDialog from={from} to={to} onClose={() => setOpen(false)} />}
    </span>
  )
}

function rangeWords(from: string, to: string): string {
  const words = (value: string) => {
    const ms = Date.parse(value)
    return Number.isNaN(ms) ? value : isoWithOffset(ms, timeMode.chosen.value).replace('T', ' ').slice(0, 19)
  }
  return `${from === '' ? 'the beginning' : words(from)} – ${to === '' ? 'now' : words(to)}`
}

interface RangeDialogProps {
  readonly from: string
  readonly to: string
  readonly onClose: () => void
}

function RangeDialog({ from, to, onClose }: RangeDialogProps) {
  const [texts, setTexts] = useState({ from, to })
  const parsed = { from: parseField(texts.from), to: parseField(texts.to) }
  const isValid = parsed.from !== undefined && parsed.to !== undefined
  return (
    <Dialog title="Time range" onClose={onClose}>
      <form
        class="range-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (!isValid) return
          go(hrefWith({ ...parsed, cursor: undefined }))
          onClose()
        }}
      >
        <TimeField
          label="From, inclusive"
          value={texts.from}
          parsed={parsed.from}
          onInput={(text) => setTexts({ ...texts, from: text })}
        />
        <TimeField
          label="To, exclusive"
          value={texts.to}
          parsed={parsed.to}
          onInput={(text) => setTexts({ ...texts, to: text })}
        />
        <p class="quiet small">
          ISO 8601 (UTC without an offset), a Unix time in s, ms, µs or ns, or a distance from now: <code>-90m</code>,{' '}
          <code>-36h</code>. Empty: no bound.
        </p>
        <button type="submit" class="button primary" disabled={!isValid}>
          Apply
        </button>
      </form>
    </Dialog>
  )
}

/** @returns undefined when it is no time; '' when there is none. */
function parseField(text: string): string | undefined {
  return text.trim() === '' ? '' : parseTimeInput(text)
}

interface TimeFieldProps {
  readonly label: string
  readonly value: string
  readonly parsed: string | undefined
  readonly onInput: (text: string) => void
}

function TimeField({ label, value, parsed, onInput }: TimeFieldProps) {
  const id = useId()
  const ms = Date.parse(resolveTime(parsed ?? null, nowMs.value) ?? '')
  return (
    <div class="form-field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="field mono"
        value={value}
        autoComplete="off"
        spellcheck={false}
        aria-invalid={parsed === undefined}
        aria-describedby={`${id}-means`}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      <span id={`${id}-means`} class={parsed === undefined ? 'small alert-text' : 'small quiet'}>
        {parsed === undefined
          ? 'This is not a time.'
          : Number.isNaN(ms)
            ? 'No bound.'
            : isoWithOffset(ms, timeMode.chosen.value)}
      </span>
    </div>
  )
}
