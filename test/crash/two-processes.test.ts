/** Two servers are started on one file: a trial of the torture program's fault. */
import { twoProcessesFault } from '../../torture/faults/two-processes.ts'
import { testFault } from '../support/test-fault.ts'

testFault('of two servers on one file one serves, and the others refuse and harm nothing', twoProcessesFault, {
  trials: 1,
})
