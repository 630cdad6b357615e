/** Ten times the load that the server takes: its memory stays bounded, what it takes stays the same, the rest is told to come again. */
import type { Fault } from '../fault.ts'
import { runOverload } from '../overload/overload-trial.ts'

/** As many as may wait to be read, and no fewer than a closed load of ten times the peak would need. */
export const stormConnections = 192

export const overloadFault: Fault = {
  name: 'overload',
  what: 'ten times the load that the server takes on one core, by clients that do not wait, beside four that do',
  unit: 'acknowledged events',
  trials: 10,
  run: (trial) =>
    runOverload(trial, {
      warmUpMs: 3000,
      peakMs: 8000,
      stormMs: 15_000,
      peakConnections: 16,
      stormConnections,
      isTimed: true,
    }),
}
