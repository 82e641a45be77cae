// Two runtimes on one database of MariaDB: see rivals-suite.ts.
import { after } from 'node:test'
import { endMariadb } from '../servers/mariadb.ts'
import { mariadbSubject } from './mariadb-subject.ts'
import { rivalsSuite } from './rivals-suite.ts'

after(endMariadb)

rivalsSuite(mariadbSubject, { kills: 2, lifeMs: 800 })
