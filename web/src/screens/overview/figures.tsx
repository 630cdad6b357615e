/** The numbers of this moment. Every one has its place from the start, so that nothing moves when it comes. */
import type { ComponentChildren } from 'preact'
import type { PerSecond } from '../../../../src/client/counter-rates.ts'
import type { StatsAnswer } from '../../../../src/http/wire-types.ts'
import { bytes, count, percent, rate } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { roughDuration } from '../../state/time.ts'

export interface FiguresProps {
  readonly stats: StatsAnswer | undefined
  readonly rates: PerSecond | undefined
}

export function Figures({ stats, rates }: FiguresProps) {
  const conflicts = stats?.conflicts ?? 0
  const all = rates === undefined ? 0 : rates.unique + rates.duplicates
  return (
    <dl class="figures">
      <Figure label="Stored now" value={rates && rate(rates.unique)} unit="/s">
        over the last 10 s
      </Figure>
      <Figure label="Duplicates now" value={rates && rate(rates.duplicates)} unit="/s">
        {rates && `${percent(rates.duplicates, all)} of received`}
      </Figure>
      <Figure label="Conflicts" value={stats && count(conflicts)} isAlert={conflicts > 0}>
        {stats !== undefined &&
          (conflicts > 0 ? (
            <a href={hrefTo(['duplicates'], { conflict: 'true' })}>look at them</a>
          ) : (
            'no changed content'
          ))}
      </Figure>
      <Figure label="Queue" value={stats && count(stats.queue.size)}>
        {stats && `of ${count(stats.queue.capacity)} events`}
      </Figure>
      <Figure label="Store" value={stats && bytes(stats.store.bytes)}>
        {stats?.store.engine}
      </Figure>
      <Figure label="Up for" value={stats && roughDuration(stats.uptime_seconds * 1000)}>
        {stats && `${count(stats.tails)} live ${stats.tails === 1 ? 'tail' : 'tails'}`}
      </Figure>
    </dl>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: string | undefined
  readonly unit?: string
  readonly isAlert?: boolean
  readonly children: ComponentChildren
}

function Figure({ label, value, unit, isAlert = false, children }: FigureProps) {
  return (
    <div class="figure">
      <dt class="figure-label">{label}</dt>
      <dd>
        <div class={isAlert ? 'figure-value alert-text' : 'figure-value'}>
          {value ?? '–'}
          {value !== undefined && unit !== undefined && <span class="figure-unit">{unit}</span>}
        </div>
        <div class="figure-note">{children}</div>
      </dd>
    </div>
  )
}
