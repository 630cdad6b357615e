/** A place in the log: the first event, the end, after a seq, or a time. */
import { Field } from '../../ui/field.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { type Fault, faultAt, type PointDraft } from './new-subscription.ts'

export interface PointFieldsProps {
  readonly label: string
  readonly point: PointDraft
  readonly onChange: (point: PointDraft) => void
  readonly faults: readonly Fault[]
  /** Where the faults of the place are: `/start`, or the root. */
  readonly pointer: string
}

const kinds = [
  ['earliest', 'First event'],
  ['latest', 'From now on'],
  ['seq', 'After a seq'],
  ['time', 'From a time'],
] as const

export function PointFields({ label, point, onChange, faults, pointer }: PointFieldsProps) {
  return (
    <div class="form-field">
      <span class="form-label">{label}</span>
      <div>
        <Segmented label={label} options={kinds} value={point.kind} onChoose={(kind) => onChange({ ...point, kind })} />
      </div>
      {point.kind === 'seq' && (
        <Field
          label="Seq"
          hint="Delivery goes on strictly after it; 0 is the beginning."
          fault={faultAt(faults, `${pointer}/seq`) ?? faultAt(faults, pointer)}
        >
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              value={point.seq}
              onInput={({ currentTarget }) => onChange({ ...point, seq: currentTarget.value })}
            />
          )}
        </Field>
      )}
      {point.kind === 'time' && (
        <Field
          label="Time"
          hint="ISO 8601, a Unix time, or -2h: what was committed then or later. Without an offset it is UTC."
          fault={faultAt(faults, `${pointer}/time`) ?? faultAt(faults, pointer)}
        >
          {(control) => (
            <input
              {...control}
              spellcheck={false}
              value={point.time}
              onInput={({ currentTarget }) => onChange({ ...point, time: currentTarget.value })}
            />
          )}
        </Field>
      )}
    </div>
  )
}
