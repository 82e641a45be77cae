// Failovers of real pairs of servers under load: see failover-suite.ts.
import { describe } from 'node:test'
import { failoverSuite } from '../faults/failover-suite.ts'
import { MariadbPair } from '../faults/mariadb-pair.ts'
import { mariadbSubject } from '../faults/mariadb-subject.ts'
import { PostgresPair } from '../faults/postgres-pair.ts'
import { postgresSubject } from '../faults/postgres-subject.ts'

describe('Postgres', () => failoverSuite(postgresSubject, () => PostgresPair.start()))
describe('MariaDB', () => failoverSuite(mariadbSubject, () => MariadbPair.start()))
