// Sealed stores over real database servers, against the suite that says what a statestore is.
import { after } from 'node:test'
import { statestoreConformance } from '../../src/testing/index.ts'
import { endMariadb } from '../servers/mariadb.ts'
import { endPostgres } from '../servers/postgres.ts'
import { sealing } from './sealed-subject.ts'
import { temporaryMariadb, temporaryPostgres } from './temporary-store.ts'

after(endPostgres)
after(endMariadb)

statestoreConformance('sealed postgres', sealing(temporaryPostgres))
statestoreConformance('sealed mariadb', sealing(temporaryMariadb))
