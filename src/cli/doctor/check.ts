/** One thing that was looked at: how it is, and what to do when it is not well. */
import type { ExitCode } from '../exit-code.ts'

export interface Check {
  readonly name: string
  /** A warning may be meant so; a problem is not. */
  readonly result: 'ok' | 'warning' | 'problem'
  readonly detail: string
  /** What to do; absent when all is well. */
  readonly advice?: string
  /** What the process ends with, where that is not as for other problems. */
  readonly exitCode?: ExitCode
}

export function ok(name: string, detail: string): Check {
  return { name, result: 'ok', detail }
}

export interface Finding {
  readonly detail: string
  readonly advice: string
  readonly exitCode?: ExitCode
}

export function warning(name: string, finding: Finding): Check {
  return { name, result: 'warning', ...finding }
}

export function problem(name: string, finding: Finding): Check {
  return { name, result: 'problem', ...finding }
}
