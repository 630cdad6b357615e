/** A command to be copied. */
import { CopyButton } from './copy-button.tsx'

export function Command({ text }: { readonly text: string }) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre class="code-block" tabIndex={0}>
        {text}
      </pre>
      <div>
        <CopyButton label="Copy command" text={text} />
      </div>
    </>
  )
}
