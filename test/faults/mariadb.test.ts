// The runtime over MariaDB, with a network in between that fails: see outage-suite.ts and sweep-suite.ts.
import { after } from 'node:test'
import { endMariadb } from '../servers/mariadb.ts'
import { outageSuite } from './outage-suite.ts'
import { mariadbSubject } from './mariadb-subject.ts'
import { sweepSuite } from './sweep-suite.ts'

after(endMariadb)

outageSuite(mariadbSubject)
sweepSuite(mariadbSubject)
