/** Whoever goes along the log goes on after the last seq it saw: in a damaged file that would be a way without an end. */
import { AppError } from '../../core/errors.ts'

/** @param before the seq of the event before. @throws AppError `store_damaged` unless this one is larger. */
export function requireOrder(seq: number, before: number): void {
  if (seq > before) return
  throw new AppError(
    'store_damaged',
    `event ${seq} is stored after event ${before}: the file is damaged; see sekali verify`,
  )
}
