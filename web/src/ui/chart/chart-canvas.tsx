/** The painted part of a chart, and the tooltip over it. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { systemDark, theme } from '../../state/theme.ts'
import { timeMode } from '../../state/time.ts'
import type { ChartProps } from './chart.tsx'
import { ChartTooltip } from './chart-tooltip.tsx'
import { openPlot, type Plot } from './plot.ts'
import type { Hover } from './plot-options.ts'

export type ShownChart = Pick<ChartProps, 'label' | 'buckets' | 'series' | 'totalLabel'> & {
  readonly isLive: boolean
  readonly heightPx: number
  format(value: number): string
}

export interface ChartCanvasProps extends ShownChart {
  readonly kind: 'bars' | 'lines'
  readonly top: number | undefined
  formatAxis(value: number): string
  readonly onSelect: ChartProps['onSelect']
  readonly onReset: ChartProps['onReset']
  readonly onFailure: () => void
}

export function ChartCanvas(props: ChartCanvasProps) {
  const { buckets, series, kind, heightPx, top, label, onSelect, onFailure } = props
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | undefined>(undefined)
  const latest = useRef(props)
  latest.current = props
  const [hover, setHover] = useState<Hover>()
  const colours = series.map(({ colour }) => colour).join(' ')
  const canSelect = onSelect !== undefined
  const mode = timeMode.chosen.value
  const chosenTheme = theme.chosen.value

  const guarded = (run: () => void): void => {
    try {
      run()
    } catch {
      onFailure()
    }
  }

  useLayoutEffect(() => {
    guarded(() => {
      if (holder.current === null) return
      plot.current = openPlot(
        holder.current,
        { kind, heightPx, colours: colours.split(' '), canSelect },
        {
          onHover: setHover,
          onSelect: (fromMs, toMs) => latest.current.onSelect?.(fromMs, toMs),
          onReset: () => latest.current.onReset?.(),
        },
      )
    })
    return () => {
      plot.current?.[Symbol.dispose]()
      plot.current = undefined
    }
  }, [kind, heightPx, colours, canSelect])

  useLayoutEffect(() => {
    const rows = series.map(({ values }) => values)
    guarded(() => plot.current?.show({ buckets, rows, timeMode: mode, top, formatAxis: props.formatAxis }))
  }, [kind, heightPx, colours, canSelect, buckets, series, mode, top])

  useEffect(() => {
    guarded(() => plot.current?.repaint())
    const repaint = () => plot.current?.repaint()
    systemDark.addEventListener('change', repaint)
    return () => systemDark.removeEventListener('change', repaint)
  }, [chosenTheme])

  return (
    <div
      class="chart-holder"
      style={{ height: `${heightPx}px` }}
      role="img"
      aria-label={`${label}. The numbers: show as table.`}
    >
      <div ref={holder} class={canSelect ? 'chart-plot selectable' : 'chart-plot'} />
      {hover !== undefined && <ChartTooltip {...props} hover={hover} mode={mode} />}
    </div>
  )
}
