/** Copies a text and says so. */
import { useEffect, useState } from 'preact/hooks'
import { announce } from './announce.ts'

export interface CopyButtonProps {
  /** What the button says, and what is copied: "Copy cURL". */
  readonly label: string
  readonly text: string | (() => string)
}

export function CopyButton({ label, text }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<string>()
  useEffect(() => {
    if (outcome === undefined) return
    const timer = setTimeout(() => setOutcome(undefined), 1500)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = async (): Promise<void> => {
    setOutcome((await copyText(typeof text === 'string' ? text : text())) ? 'Copied' : 'Not allowed')
  }
  return (
    <button type="button" class="button small" onClick={() => void copy()}>
      {outcome ?? label}
      <span class="visually-hidden" role="status">
        {outcome}
      </span>
    </button>
  )
}

/** For keys: there is no button to say what happened. */
export async function copyAloud(text: string, what: string): Promise<void> {
  announce((await copyText(text)) ? `${what} copied` : 'The browser does not allow copying')
}

/** @returns whether the browser let it happen: plain http on another machine has no clipboard of its own. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    const isCopied = document.execCommand('copy')
    area.remove()
    return isCopied
  }
}
