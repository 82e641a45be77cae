// The MariaDB store against the suite that says what a statestore is, on a real server.
import { after } from 'node:test'
import { statestoreConformance } from '../../src/testing/index.ts'
import { endMariadb } from '../servers/mariadb.ts'
import { temporaryMariadb } from './temporary-store.ts'

after(endMariadb)

statestoreConformance('mariadb', temporaryMariadb)
