/** One of a few choices, all of them in view. */
import { useId } from 'preact/hooks'

export interface SegmentedProps<T extends string> {
  readonly label: string
  readonly options: readonly (readonly [value: T, text: string])[]
  readonly value: T
  readonly onChoose: (value: T) => void
}

export function Segmented<T extends string>({ label, options, value, onChoose }: SegmentedProps<T>) {
  const name = useId()
  return (
    <fieldset class="segmented" style={{ margin: 0 }}>
      <legend class="visually-hidden">{label}</legend>
      {options.map(([each, text]) => (
        <label key={each}>
          <input type="radio" name={name} checked={each === value} onChange={() => onChoose(each)} />
          {text}
        </label>
      ))}
    </fieldset>
  )
}
