// The Postgres store, on a real server, against the suite that says what a statestore is.
import { after } from 'node:test'
import { statestoreConformance } from '../../src/testing/index.ts'
import { endPostgres } from '../servers/postgres.ts'
import { temporaryPostgres } from './temporary-store.ts'

after(endPostgres)

statestoreConformance('postgres', temporaryPostgres)
