/** The wall clock jumps and stands still: one trial of the torture program's fault. */
import { clockFault } from '../../torture/faults/clock.ts'
import { testFault } from '../support/test-fault.ts'

testFault('a wall clock that jumps a year and stands still changes neither order nor leases', clockFault, { trials: 1 })
