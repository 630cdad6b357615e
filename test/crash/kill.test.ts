/** kill -9 at 20 random moments, on two stores: trials of the torture program's fault. */
import { killFault } from '../../torture/faults/kill.ts'
import { testFault } from '../support/test-fault.ts'

testFault('kill -9 at any moment loses nothing acknowledged, doubles nothing and moves no ack back', killFault, {
  trials: 2,
  lanes: 2,
})
