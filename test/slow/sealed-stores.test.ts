// Sealed stores over every store that is kept, against all of the suite that says what a statestore is. What of it depends on
// the store below runs in test/conformance/, too.
import { after } from 'node:test'
import { statestoreConformance } from '../../src/testing/index.ts'
import { sealing } from '../conformance/sealed-subject.ts'
import { temporaryMariadb, temporaryPostgres, temporarySqlite } from '../conformance/temporary-store.ts'
import { endMariadb } from '../servers/mariadb.ts'
import { endPostgres } from '../servers/postgres.ts'

after(endPostgres)
after(endMariadb)

statestoreConformance('sealed sqlite', sealing(temporarySqlite))
statestoreConformance('sealed postgres', sealing(temporaryPostgres))
statestoreConformance('sealed mariadb', sealing(temporaryMariadb))
