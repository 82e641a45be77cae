// The runtime over MariaDB, with a network in between that fails: see the suites that it names.
import { after } from 'node:test'
import { endMariadb } from '../servers/mariadb.ts'
import { factOrderSuite } from './fact-order-suite.ts'
import { migrationSuite } from './migration-suite.ts'
import { outageSuite } from './outage-suite.ts'
import { mariadbSubject } from './mariadb-subject.ts'
import { roundTripsSuite } from './round-trips-suite.ts'
import { silenceSuite, silentPartsSuite } from './silence-suite.ts'
import { sweepSuite } from './sweep-suite.ts'

after(endMariadb)

factOrderSuite(mariadbSubject)
migrationSuite(mariadbSubject)
outageSuite(mariadbSubject)
roundTripsSuite(mariadbSubject, { packets: 3, preparesFirst: true })
silenceSuite(mariadbSubject)
silentPartsSuite(mariadbSubject)
sweepSuite(mariadbSubject)
