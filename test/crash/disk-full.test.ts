/** A disk of 64 MiB that becomes full under load: one trial of the torture program's fault. */
import { diskFullFault } from '../../torture/faults/disk-full.ts'
import { testFault } from '../support/test-fault.ts'

testFault('a server whose disk is full refuses, reads on, and heals without a restart', diskFullFault, { trials: 1 })
