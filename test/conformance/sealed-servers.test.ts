// Sealed stores over real database servers, against what of the suite depends on the server.
import { after } from 'node:test'
import { statestoreConformance } from '../../src/testing/index.ts'
import { endMariadb } from '../servers/mariadb.ts'
import { endPostgres } from '../servers/postgres.ts'
import { SEALED_SECTIONS, sealing } from './sealed-subject.ts'
import { temporaryMariadb, temporaryPostgres } from './temporary-store.ts'

after(endPostgres)
after(endMariadb)

statestoreConformance('sealed postgres', sealing(temporaryPostgres), SEALED_SECTIONS)
statestoreConformance('sealed mariadb', sealing(temporaryMariadb), SEALED_SECTIONS)
