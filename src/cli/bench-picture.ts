/** What all pictures of benchmarks share: frame, colours for a light page and a dark one, short numbers. */

export interface Picture {
  /** Pixels. */
  readonly width: number
  readonly height: number
  readonly title: string
  /** For those who do not see it. */
  readonly description: string
  /** Two short lines under the title: what was measured, where. */
  readonly captions: readonly string[]
  /** SVG. */
  readonly parts: readonly string[]
}

const captionTop = 57
const captionHeight = 18

export function pictureSvg({ width, height, title, description, captions, parts }: Picture): string {
  const caption = captions.map(
    (text, line) => `<text class="muted" x="24" y="${captionTop + line * captionHeight}">${escaped(text)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">
<title id="title">${escaped(title)}</title>
<desc id="description">${escaped(description)}</desc>
<style>${style}</style>
<rect class="paper" width="${width}" height="${height}" rx="8"/>
<text class="ink headline" x="24" y="36">${escaped(title)}</text>
${[...caption, ...parts].join('\n')}
</svg>
`
}

interface Palette {
  readonly paper: string
  readonly ink: string
  readonly muted: string
  readonly grid: string
  readonly first: string
  readonly second: string
  readonly original: string
}

const light: Palette = {
  paper: '#ffffff',
  ink: '#1f2328',
  muted: '#656d76',
  grid: '#e6e9ec',
  first: '#0d7a70',
  second: '#b4540a',
  original: '#7b838c',
}
const dark: Palette = {
  paper: '#0d1117',
  ink: '#e6edf3',
  muted: '#8d96a0',
  grid: '#232a32',
  first: '#3fcfbf',
  second: '#eb9a55',
  original: '#8d96a0',
}

/** Fill for texts, stroke for lines; without CSS variables, which not every viewer of pictures knows. */
function colors(palette: Palette): string {
  return Object.entries(palette)
    .map(
      ([name, color]) =>
        `.${name}{${name === 'grid' ? 'stroke' : 'fill'}:${color}}.${name}.line,.${name}.whisker{stroke:${color}}`,
    )
    .join('')
}

const style = [
  'text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;font-variant-numeric:tabular-nums}',
  '.headline{font-size:18px;font-weight:600}.title{font-weight:600}.name{font-weight:600}.note{font-weight:400}.value{font-size:12px}',
  '.end{text-anchor:end}.middle,.value{text-anchor:middle}',
  colors(light),
  `@media (prefers-color-scheme:dark){${colors(dark)}}`,
  '.grid{stroke-width:1}.line,.whisker{fill:none;stroke-width:2;stroke-linejoin:round}.line.original{stroke-dasharray:2 4;stroke-linecap:round}',
].join('\n')

/** 500, 20k, 1M */
export function countTick(value: number): string {
  if (value < 1000) return String(value)
  return value < 1_000_000 ? `${value / 1000}k` : `${value / 1_000_000}M`
}

/** 950, 8.7k, 117k, 1.2M */
export function shortCount(value: number): string {
  if (value < 1000) return String(Math.round(value))
  return value < 999_500 ? `${shortNumber(value / 1000)}k` : `${shortNumber(value / 1_000_000)}M`
}

/** 0.45, 7.3, 117 */
export function shortMs(value: number): string {
  return value < 0.995 ? String(Number(value.toPrecision(2))) : shortNumber(value)
}

function shortNumber(value: number): string {
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export function pixel(value: number): number {
  return Math.round(value * 10) / 10
}
