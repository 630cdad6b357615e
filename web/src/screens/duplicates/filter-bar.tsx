/** Which duplicates: of a topic, from a publisher, only conflicts. */
import { useId } from 'preact/hooks'
import { go, hrefWith } from '../../state/location.ts'
import { Segmented } from '../../ui/segmented.tsx'
import { type DuplicatesView, fromTheTop } from './duplicates-view.ts'

export function FilterBar({ view }: { readonly view: DuplicatesView }) {
  return (
    <>
      <TextFilter name="topic" label="Topic" value={view.topic} />
      {view.by === 'event' && <TextFilter name="source" label="Publisher" value={view.source} />}
      <Segmented
        label="Content"
        options={[
          ['all', 'All'],
          ['conflicts', 'Conflicts only'],
        ]}
        value={view.isConflictsOnly ? 'conflicts' : 'all'}
        onChoose={(value) => go(hrefWith({ ...fromTheTop, conflict: value === 'conflicts' ? 'true' : undefined }))}
      />
    </>
  )
}

interface TextFilterProps {
  readonly name: 'topic' | 'source'
  readonly label: string
  readonly value: string | undefined
}

function TextFilter({ name, label, value }: TextFilterProps) {
  const id = useId()
  return (
    <span class="text-filter">
      <label class="visually-hidden" for={id}>
        {label}
      </label>
      <input
        // Another address fills it anew.
        key={value ?? ''}
        id={id}
        class="field"
        type="search"
        placeholder={`${label}, exactly`}
        autoComplete="off"
        spellcheck={false}
        defaultValue={value ?? ''}
        // `change` comes with Enter, and when one leaves the field.
        onChange={({ currentTarget }) => go(hrefWith({ ...fromTheTop, [name]: currentTarget.value.trim() }))}
      />
    </span>
  )
}
