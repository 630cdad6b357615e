/** What `sekali verify` tells: a line for each check and its problems, or the same as JSON. */
import { version } from '../app/own-package.ts'
import type { CheckReport, VerificationReport } from '../core/store-verification.ts'
import { counted, formatCount, formatSeconds } from './format.ts'

export interface VerificationDocument {
  readonly report: VerificationReport
  /** Without its password. */
  readonly store: string
  readonly elapsedMs: number
}

const nameWidth = 15

export function problemCount({ checks }: VerificationReport): number {
  return checks.reduce((sum, { problems }) => sum + problems, 0)
}

export function verificationText({ report, store, elapsedMs }: VerificationDocument): string {
  const problems = problemCount(report)
  const end = report.lastSeq === undefined ? '' : `, up to seq ${report.lastSeq}`
  const verdict = problems === 0 ? 'No problems found.' : `${counted(problems, 'problem')} found.`
  return `${[
    ...report.checks.flatMap(checkLines),
    '',
    `${store}${end}, in ${formatSeconds(elapsedMs)}`,
    verdict,
    ...report.advice.map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`),
  ].join('\n')}\n`
}

function checkLines({ name, checked, unit, problems, described, notes }: CheckReport): string[] {
  const result = problems === 0 ? 'ok' : counted(problems, 'problem')
  const more = problems - described.length
  return [
    `${name.replaceAll('_', ' ').padEnd(nameWidth)}${result}, ${formatCount(checked)} ${unit}`,
    ...described.map((text) => `  - ${text}`),
    ...(more > 0 ? [`  - and ${formatCount(more)} more`] : []),
    ...notes.map((text) => `  (${text})`),
  ]
}

export function verificationJson({ report, store, elapsedMs }: VerificationDocument): string {
  const { engine, lastSeq, checks, advice } = report
  const document = {
    sekali: version,
    store,
    engine,
    last_seq: lastSeq ?? null,
    seconds: Math.round(elapsedMs) / 1000,
    problems: problemCount(report),
    checks: checks.map(({ name, checked, unit, problems, described, notes }) => ({
      name,
      checked,
      unit,
      problems,
      described,
      notes,
    })),
    advice,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
