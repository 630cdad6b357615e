/** How often the rows in view were sent again; asked for anew every few seconds, because duplicates come later. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CopiesAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'

export type Copies = ReadonlyMap<number, CopiesAnswer['copies'][number]>

const everyMs = 3000
/** While one scrolls, nothing is asked. */
const settleMs = 150

export function useCopies(seqs: readonly number[]): Copies {
  const [copies, setCopies] = useState<Copies>(new Map())
  const key = seqs.join()
  const latest = useRef(seqs)
  latest.current = seqs
  useEffect(() => {
    if (key === '') return
    const gone = new AbortController()
    let timer = setTimeout(run, settleMs)
    async function run(): Promise<void> {
      if (!document.hidden) {
        try {
          const answer = await getJson<CopiesAnswer>('duplicates/copies', { seq: latest.current }, gone.signal)
          if (!gone.signal.aborted) setCopies(new Map(answer.copies.map((each) => [each.seq, each])))
        } catch {
          // The rows themselves are what matters.
        }
      }
      if (!gone.signal.aborted) timer = setTimeout(run, everyMs)
    }
    return () => {
      gone.abort()
      clearTimeout(timer)
    }
  }, [key])
  return copies
}
