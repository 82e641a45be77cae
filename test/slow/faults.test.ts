// Every fault at every statement of a workload, second faults behind the first ones, and storms of them, between the runtime
// and real databases. The short form is in test/faults/.
import { after, describe } from 'node:test'
import { mariadbSubject } from '../faults/mariadb-subject.ts'
import { postgresSubject } from '../faults/postgres-subject.ts'
import { longSweepSuite } from '../faults/sweep-suite.ts'
import { endMariadb } from '../servers/mariadb.ts'
import { endPostgres } from '../servers/postgres.ts'

const STORMS = 30

after(endPostgres)
after(endMariadb)

describe('Postgres', () => longSweepSuite(postgresSubject, STORMS))
describe('MariaDB', () => longSweepSuite(mariadbSubject, STORMS))
