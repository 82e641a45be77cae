// Two runtimes on one database of Postgres: see rivals-suite.ts.
import { after } from 'node:test'
import { endPostgres } from '../servers/postgres.ts'
import { postgresSubject } from './postgres-subject.ts'
import { rivalsSuite } from './rivals-suite.ts'

after(endPostgres)

rivalsSuite(postgresSubject, { kills: 2, lifeMs: 800 })
