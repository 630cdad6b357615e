/** The disk fails at a random call of a random kind: a few trials of the torture program's fault. */
import { ioErrorsFault } from '../../torture/faults/io-errors.ts'
import { testFault } from '../support/test-fault.ts'

testFault('what was acknowledged survives a disk that fails at a random call', ioErrorsFault, { trials: 10, lanes: 2 })
