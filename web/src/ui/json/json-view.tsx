/** JSON as a tree to open and close. Every value is shown as it was sent, and can be copied, with where it is. */
import './json-view.css'
import { useMemo, useState } from 'preact/hooks'
import { count } from '../../state/format.ts'
import { CopyButton } from '../copy-button.tsx'
import { jsonLines } from './json-lines.ts'
import { jqPath, type PathStep } from './json-path.ts'
import { type JsonNode, nodeText, parseJsonTree, stringOf } from './json-tree.ts'

/** Deeper values are closed at first. */
const openDepth = 3
/** Of a long list; more when asked for. */
const pageItems = 100

export function JsonView({ text }: { readonly text: string }) {
  const root = useMemo(() => parseJsonTree(text), [text])
  if (root === undefined) return <pre class="code-block">{text}</pre>
  return (
    <div class="json-view mono">
      <Parts node={root} path={[]} />
    </div>
  )
}

interface NodeProps {
  readonly node: JsonNode
  readonly path: readonly PathStep[]
}

interface Part {
  readonly name: string
  readonly step: PathStep
  readonly node: JsonNode
}

function partsOf(node: JsonNode): readonly Part[] {
  if (node.kind === 'object') {
    return node.members.map(({ keyText, value }) => ({ name: stringOf(keyText), step: { keyText }, node: value }))
  }
  return node.kind === 'array'
    ? node.items.map((item, index) => ({ name: String(index), step: { index }, node: item }))
    : []
}

function Parts({ node, path }: NodeProps) {
  const [max, setMax] = useState(pageItems)
  const parts = partsOf(node)
  return (
    <ul>
      {parts.slice(0, max).map((part, index) => (
        <li key={index}>
          <PartLine part={part} path={[...path, part.step]} />
        </li>
      ))}
      {parts.length === 0 && <li class="quiet">{node.kind === 'array' ? '[]' : '{}'}</li>}
      {parts.length > max && (
        <li>
          <button type="button" class="button small" onClick={() => setMax(max + 10 * pageItems)}>
            {count(parts.length - max)} more
          </button>
        </li>
      )}
    </ul>
  )
}

function PartLine({ part: { name, node }, path }: { readonly part: Part; readonly path: readonly PathStep[] }) {
  const [isOpen, setOpen] = useState(path.length < openDepth)
  const size = node.kind === 'object' ? node.members.length : node.kind === 'array' ? node.items.length : 0
  const isClosable = size > 0
  return (
    <>
      <span class="json-line">
        {isClosable ? (
          <button type="button" class="json-key" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <span class="json-mark" aria-hidden="true">
              {isOpen ? '▾' : '▸'}
            </span>
            {name}
          </button>
        ) : (
          <span class="json-key">{name}</span>
        )}
        <span class={`json-value json-${node.kind}`}>{isClosable ? sizeWords(node.kind, size) : nodeText(node)}</span>
        <span class="json-actions">
          <CopyButton label="Copy value" text={() => copied(node)} />
          <CopyButton label="Copy path" text={jqPath(path)} />
        </span>
      </span>
      {isClosable && isOpen && <Parts node={node} path={path} />}
    </>
  )
}

function sizeWords(kind: JsonNode['kind'], size: number): string {
  if (kind === 'array') return `[ ${count(size)} ${size === 1 ? 'item' : 'items'} ]`
  return `{ ${count(size)} ${size === 1 ? 'key' : 'keys'} }`
}

/** Text without its quotes; anything else as it was sent. */
function copied(node: JsonNode): string {
  return node.kind === 'string' ? stringOf(node.text) : jsonLines(nodeText(node)).join('\n')
}
