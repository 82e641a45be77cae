// The runtime over Postgres, with a network in between that fails: see outage-suite.ts and sweep-suite.ts.
import { after } from 'node:test'
import { endPostgres } from '../servers/postgres.ts'
import { outageSuite } from './outage-suite.ts'
import { postgresSubject } from './postgres-subject.ts'
import { sweepSuite } from './sweep-suite.ts'

after(endPostgres)

outageSuite(postgresSubject)
sweepSuite(postgresSubject)
