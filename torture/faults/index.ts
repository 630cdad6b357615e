/** All faults, in the order in which a long run tries them: the quick ones that find most come first. */
import type { Fault } from '../fault.ts'
import { clockFault } from './clock.ts'
import { clusterFault } from './cluster.ts'
import { corruptionFault } from './corruption.ts'
import { diskFullFault } from './disk-full.ts'
import { heldReaderFault } from './held-reader.ts'
import { historiesFault } from './histories.ts'
import { hostileFault } from './hostile.ts'
import { idleConnectionsFault } from './idle-connections.ts'
import { ioErrorsFault } from './io-errors.ts'
import { killFault } from './kill.ts'
import { networkFault } from './network.ts'
import { overloadFault } from './overload.ts'
import { powerFault } from './power.ts'
import { simulationFault } from './simulation.ts'
import { stalledReadersFault } from './stalled-readers.ts'
import { suspendedCommitFault } from './suspended-commit.ts'
import { twoProcessesFault } from './two-processes.ts'

export const faults: readonly Fault[] = [
  simulationFault,
  historiesFault,
  killFault,
  powerFault,
  suspendedCommitFault,
  ioErrorsFault,
  diskFullFault,
  corruptionFault,
  clockFault,
  twoProcessesFault,
  hostileFault,
  networkFault,
  overloadFault,
  stalledReadersFault,
  clusterFault,
  heldReaderFault,
  idleConnectionsFault,
]
