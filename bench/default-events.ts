/** The events of all benchmarks that say nothing else: about 280 bytes of JSON, random ids, 10 topics. */
import type { EventShape } from '../src/cli/bench-events.ts'

export const defaultEvents: EventShape = {
  idKind: 'uuid4',
  topics: 10,
  topicPrefix: 'bench.',
  payloadBytes: 150,
  seed: 1,
}
