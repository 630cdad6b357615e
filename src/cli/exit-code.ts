/** What the process tells whoever started it. */
export const exitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** EX_IOERR of sysexits.h: the store failed to write. */
  storeFailed: 74,
} as const
