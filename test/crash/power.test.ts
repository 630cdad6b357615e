/** The power is cut five times, and between the write and the sync of a commit: trials of the torture program's faults. */
import { powerFault } from '../../torture/faults/power.ts'
import { suspendedCommitFault } from '../../torture/faults/suspended-commit.ts'
import { testFault } from '../support/test-fault.ts'

testFault('a power cut at any moment loses nothing acknowledged or shown', powerFault, { trials: 1 })

testFault('what a dead process wrote and did not sync is told to nobody before it is safe', suspendedCommitFault, {
  trials: 1,
})
