/** The event that a newcomer publishes first, and the commands that publish it. No DOM. */

export interface TryEvent {
  readonly topic: string
  readonly event_id: string
  readonly timestamp: string
  readonly source: string
  readonly payload: { readonly text: string }
}

export const tryTopic = 'demo.hello'

export function makeTryEvent(nowMs: number, random: () => number): TryEvent {
  const id = Math.floor(random() * 36 ** 5)
    .toString(36)
    .padStart(5, '0')
  return {
    topic: tryTopic,
    event_id: `hello-${id}`,
    timestamp: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    source: 'first-try',
    payload: { text: 'Hello, once' },
  }
}

/** The same id with other content: what a publisher with a mistake sends. */
export function changed(event: TryEvent): TryEvent {
  return { ...event, payload: { text: 'Hello, twice' } }
}

/** @param root where the server is served, with a slash at its end. */
export function snippets(event: TryEvent, root: string) {
  const json = JSON.stringify(event)
  return [
    {
      name: 'curl',
      text: 'curl',
      code: `curl ${root}publish \\\n  -H 'content-type: application/json' \\\n  -d '${JSON.stringify(event, null, 2)}'`,
    },
    {
      name: 'cli',
      text: 'CLI',
      code: `echo '${json}' |\n  npx sekali publish --url ${root.replace(/\/$/, '')} -`,
    },
    {
      name: 'ts',
      text: 'TypeScript',
      code: `const event = ${JSON.stringify(event, null, 2)}

const answer = await fetch('${root}publish', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(event),
})
console.log(await answer.json())`,
    },
  ] as const
}

export interface Copies {
  readonly duplicates: number
  readonly conflicts: number
}

/** `Received 2 = stored 1 + duplicates 1`. */
export function sumInWords({ duplicates }: Copies): string {
  return `Received ${1 + duplicates} = stored 1 + duplicates ${duplicates}`
}
