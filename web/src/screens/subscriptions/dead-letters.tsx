/** What was given up, page by page, and the way back into delivery: some of it, or all. */
import { useState } from 'preact/hooks'
import type { DeadLettersAnswer } from '../../../../src/http/wire-types.ts'
import { useAction } from '../../api/action.ts'
import { getJson, send } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { count as countText } from '../../state/format.ts'
import { go, hrefWith, place } from '../../state/location.ts'
import { announce } from '../../ui/announce.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorNote, Loading } from '../../ui/notes.tsx'
import { Pages } from '../../ui/pages.tsx'
import { DeadLetterTable } from './dead-letter-table.tsx'
import { subscriptionPath } from './subscription-detail.tsx'

export interface DeadLettersProps {
  readonly name: string
  /** On record now: loaded again when it changes. */
  readonly count: number
  readonly onRedriven: () => void
}

const pageRows = 50

export function DeadLetters({ name, count, onRedriven }: DeadLettersProps) {
  const cursor = place.value.query.get('cursor') ?? undefined
  const page = cursor === undefined ? 1 : Number(place.value.query.get('page') ?? 1)
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  const { found, error, reload } = useResource(count === 0 ? undefined : `${name}\n${cursor}\n${count}`, (signal) =>
    getJson<DeadLettersAnswer>(subscriptionPath(name, '/dead-letters'), { limit: pageRows, cursor }, signal),
  )
  const redrive = useAction(async (seqs: readonly number[] | undefined) => {
    const path = subscriptionPath(name, '/dead-letters/redrive')
    const answer = await send<{ redriven: number }>('POST', path, seqs === undefined ? {} : { seqs })
    announce(`${answer?.redriven ?? 0} dead letters are delivered again`)
    setChosen(new Set())
    if (cursor !== undefined) go(hrefWith({ cursor: undefined, page: undefined }))
    onRedriven()
  })
  if (count === 0) {
    return (
      <Card title="Dead letters">
        <p class="quiet">None. An event whose attempts are used up without an ack is kept here, with the reason.</p>
      </Card>
    )
  }
  return (
    <Card
      title={`Dead letters (${countText(count)})`}
      edge
      actions={
        <>
          <button
            type="button"
            class="button small"
            disabled={chosen.size === 0 || redrive.isRunning}
            onClick={() => redrive.run([...chosen])}
          >
            Redrive chosen ({chosen.size})
          </button>
          <button
            type="button"
            class="button small"
            disabled={redrive.isRunning}
            onClick={() => redrive.run(undefined)}
          >
            Redrive all
          </button>
        </>
      }
    >
      {redrive.error !== undefined && (
        <p class="alert-text card-note" role="alert">
          They could not be redriven: {redrive.error.message}.
        </p>
      )}
      {error !== undefined && <ErrorNote what="The dead letters" error={error} onRetry={reload} />}
      {found === undefined ? (
        error === undefined && <Loading />
      ) : (
        <DeadLetterTable deadLetters={found.dead_letters} chosen={chosen} onChoose={setChosen} />
      )}
      {found !== undefined && <Pages page={page} rows={count} pageRows={pageRows} next={found.next_cursor} />}
    </Card>
  )
}
