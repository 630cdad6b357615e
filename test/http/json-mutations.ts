/** Changes to a body: a byte or a telling piece removed, inserted or put in another's place, or the end cut off. */
import fc from 'fast-check'

export interface Change {
  /** 0 is the start of the body, 1 its end. */
  readonly place: number
  readonly removed: number
  readonly inserted: Uint8Array
}

const telling = fc
  .constantFrom(
    ...'"\\{}[],:-+.eE019 \n\r\t\f\0u/é漢😀',
    '\\u',
    '\\u00',
    '\\x',
    ',}',
    ',]',
    '{}',
    '[]',
    'null',
    '""',
    '\ufeff',
  )
  .map((text) => Buffer.from(text))
const byte = fc.uint8Array({ minLength: 1, maxLength: 1 })

export const change: fc.Arbitrary<Change> = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.oneof(
    { weight: 9, arbitrary: fc.nat(1) },
    { weight: 1, arbitrary: fc.constant(Number.MAX_SAFE_INTEGER) },
  ),
  inserted: fc.oneof(
    { weight: 2, arbitrary: fc.constant(new Uint8Array(0)) },
    { weight: 5, arbitrary: telling },
    { weight: 1, arbitrary: byte },
  ),
})

export function changed(bytes: Uint8Array, { place, removed, inserted }: Change): Buffer {
  const at = Math.floor(place * bytes.length)
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(Math.min(at + removed, bytes.length))])
}
