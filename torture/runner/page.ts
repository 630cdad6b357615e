/** The tables of `docs/torture.md`: made of the results, put between two marks each; the prose around them is by hand. */
import { formatCount } from '../../src/cli/format.ts'
import type { Catcher, SeededBug } from '../bugs/seeded-bug.ts'
import type { Fault } from '../fault.ts'
import type { KeptEntry, KeptResult } from './results.ts'

export interface PageContent {
  readonly results: readonly { readonly fault: Fault; readonly result: KeptResult | undefined }[]
  readonly bugs: readonly SeededBug[]
}

/** Successes without a failure, divided into this, bound the probability of a failure with 95 % certainty. */
const ruleOfThree = 3

/** @throws Error when a mark is missing. */
export function renderPage(page: string, { results, bugs }: PageContent): string {
  const rows = results.flatMap(({ fault, result }) => (result?.entries ?? []).map((entry) => rowOf(fault, entry)))
  const machines = [...new Set(results.flatMap(({ result }) => (result?.entries ?? []).map(machineText)))]
  const figures = [
    '| fault | trials | tried | violations | a violation has a probability of at most (95 %) | commit | date |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
    ...machines.map((machine) => `Machine: ${machine}.`),
  ]
  return between(between(page, 'results', figures.join('\n')), 'bugs', bugTable(bugs))
}

export function bugTable(bugs: readonly SeededBug[]): string {
  const rows = bugs.map(
    ({ name, what, file, caughtBy }) =>
      `| \`${name}\` | ${what} | \`${file}\` | ${caughtBy.map(catcherText).join(', ')} |`,
  )
  return ['| bug | what it does | in | caught by |', '|---|---|---|---|', ...rows].join('\n')
}

function rowOf(fault: Fault, entry: KeptEntry): string {
  const { trials, tried, violations, commit, triedAt } = entry
  const cells = [
    `\`${fault.name}\`: ${fault.what}`,
    formatCount(trials),
    `${formatCount(tried)} ${fault.unit}`,
    violations.length === 0 ? '0' : `${violations.length} (seed ${violations.map(({ seed }) => seed).join(', ')})`,
    boundText(fault, entry),
    commit,
    triedAt.slice(0, 10),
  ]
  return `| ${cells.join(' | ')} |`
}

function boundText({ independentUnit }: Fault, { trials, tried, violations }: KeptEntry): string {
  if (violations.length > 0) return '–'
  const [count, noun] = independentUnit === undefined ? [trials, 'trial'] : [tried, independentUnit]
  const percent = (100 * ruleOfThree) / count
  return percent < 100 ? `${percent.toPrecision(2)} % per ${noun}` : 'too few'
}

function machineText({ machine }: KeptEntry): string {
  const { cores, cpu, memoryGib, system, node, sqlite, fileSystem } = machine
  return `${cores} x ${cpu}, ${memoryGib} GiB, ${system}, ${fileSystem}, Node ${node}, SQLite ${sqlite}`
}

function between(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: begin -->`
  const end = `<!-- ${name}: end -->`
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no place for ${name}: ${begin} … ${end}`)
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`
}

function catcherText(catcher: Catcher): string {
  return catcher.kind === 'fault' ? `the fault \`${catcher.fault}\`` : `\`${catcher.file}\`: “${catcher.test}…”`
}
