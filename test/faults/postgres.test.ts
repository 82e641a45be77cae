// The runtime over Postgres, with a network in between that fails: see the suites that it names.
import { after } from 'node:test'
import { endPostgres } from '../servers/postgres.ts'
import { factOrderSuite } from './fact-order-suite.ts'
import { migrationSuite } from './migration-suite.ts'
import { outageSuite } from './outage-suite.ts'
import { postgresSubject } from './postgres-subject.ts'
import { roundTripsSuite } from './round-trips-suite.ts'
import { silenceSuite } from './silence-suite.ts'
import { sweepSuite } from './sweep-suite.ts'

after(endPostgres)

factOrderSuite(postgresSubject)
migrationSuite(postgresSubject)
outageSuite(postgresSubject)
roundTripsSuite(postgresSubject, { packets: 1, preparesFirst: false })
silenceSuite(postgresSubject)
sweepSuite(postgresSubject)
