/** The beginning of an answer: the rest of a large one may not be loaded. No DOM. */

export interface TextStart {
  readonly text: string
  readonly isWhole: boolean
  /** Of the whole answer; undefined when the server does not say. */
  readonly totalBytes: number | undefined
}
