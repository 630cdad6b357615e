/** All faults, in the order in which a long run tries them: the quick ones that find most come first. */
import type { Fault } from '../fault.ts'
import { clusterFault } from './cluster.ts'
import { heldReaderFault } from './held-reader.ts'
import { historiesFault } from './histories.ts'
import { killFault } from './kill.ts'
import { powerFault } from './power.ts'
import { suspendedCommitFault } from './suspended-commit.ts'
import { twoProcessesFault } from './two-processes.ts'

export const faults: readonly Fault[] = [
  historiesFault,
  killFault,
  powerFault,
  suspendedCommitFault,
  twoProcessesFault,
  heldReaderFault,
  clusterFault,
]
