/** The promise as a sum that anybody can check: received = stored + duplicates. */
import type { StatsAnswer } from '../../../../src/http/wire-types.ts'
import { count, percent } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'

export function SumLine({ stats }: { readonly stats: StatsAnswer | undefined }) {
  return (
    <section class="sum" aria-label="Received = stored + duplicates">
      <div>
        <div class="sum-label">Received</div>
        <div class="sum-value">{stats === undefined ? '–' : count(stats.received)}</div>
      </div>
      <span class="sum-sign">=</span>
      <div>
        <div class="sum-label">
          <span class="swatch" style={{ background: 'var(--accent)' }} />
          Stored, each once
        </div>
        <div class="sum-value">
          <a href={hrefTo(['events'])}>{stats === undefined ? '–' : count(stats.unique_processed)}</a>
        </div>
      </div>
      <span class="sum-sign">+</span>
      <div>
        <div class="sum-label">
          <span class="swatch" style={{ background: 'var(--repeat)' }} />
          Duplicates, dropped
        </div>
        <div class="sum-value">
          <a href={hrefTo(['duplicates'])}>{stats === undefined ? '–' : count(stats.duplicate_dropped)}</a>{' '}
          <span class="sum-share">
            {stats !== undefined && stats.received > 0 && percent(stats.duplicate_dropped, stats.received)}
          </span>
        </div>
      </div>
    </section>
  )
}
