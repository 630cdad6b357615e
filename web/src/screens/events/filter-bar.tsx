/** What is asked for: text, topic, source, time. All of it is in the address. */
import type { RefObject } from 'preact'
import { useEffect, useId, useMemo, useRef } from 'preact/hooks'
import type { TopicsAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { useKeys } from '../../state/keys.ts'
import { amend, go, hrefWith } from '../../state/location.ts'
import { RangePicker } from '../../ui/range-picker.tsx'
import type { EventsView } from './events-view.ts'

/** While one types, the question changes only when the fingers rest. */
const restMs = 300
/** Of topics that are offered. */
const maxOptions = 200

export function FilterBar({ view }: { readonly view: EventsView }) {
  const search = useRef<HTMLInputElement>(null)
  const { found } = useResource('topics', (signal) => getJson<TopicsAnswer>('topics', {}, signal))
  const topics = useMemo(() => found?.topics.slice(0, maxOptions).map(({ topic }) => topic), [found])
  useKeys('Events', [
    {
      keys: '/',
      label: 'Search in payloads',
      run: () => {
        search.current?.focus()
        search.current?.select()
      },
    },
  ])
  return (
    <search class="filters">
      <FilterField name="q" label="Search in payloads" value={view.text} wide input={search} />
      <FilterField name="topic" label="Topic" value={view.topic} options={topics} />
      <FilterField name="source" label="Source" value={view.source} />
      <RangePicker />
    </search>
  )
}

interface FilterFieldProps {
  readonly name: 'q' | 'topic' | 'source'
  readonly label: string
  readonly value: string | undefined
  readonly wide?: true
  readonly input?: RefObject<HTMLInputElement | null>
  /** Offered while one types. */
  readonly options?: readonly string[] | undefined
}

function FilterField({ name, label, value = '', wide, input, options }: FilterFieldProps) {
  const id = useId()
  const own = useRef<HTMLInputElement>(null)
  const element = input ?? own
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => {
    // Back, or a link: unless somebody is typing right here.
    if (element.current !== null && element.current !== document.activeElement) element.current.value = value
  }, [value])
  useEffect(() => () => clearTimeout(timer.current), [])
  return (
    <span class={wide ? 'filter wide' : 'filter'}>
      <label class="visually-hidden" for={id}>
        {label}
      </label>
      <input
        ref={element}
        id={id}
        class="field"
        type="search"
        placeholder={label}
        autoComplete="off"
        spellcheck={false}
        maxLength={1000}
        defaultValue={value}
        list={options === undefined ? undefined : `${id}options`}
        onInput={({ currentTarget }) => {
          // Names are compared as a whole: a part of one would match nothing.
          if (name !== 'q') return
          clearTimeout(timer.current)
          timer.current = setTimeout(() => amend(hrefWith({ [name]: currentTarget.value })), restMs)
        }}
        onChange={({ currentTarget }) => {
          clearTimeout(timer.current)
          go(hrefWith({ [name]: currentTarget.value }))
        }}
      />
      {options !== undefined && (
        <datalist id={`${id}options`}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </span>
  )
}
