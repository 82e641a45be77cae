// The runtime over MariaDB, whose server fails: see server-suite.ts.
import { MariadbFaultServer } from './mariadb-fault-server.ts'
import { mariadbSubject } from './mariadb-subject.ts'
import { serverSuite } from './server-suite.ts'

serverSuite(mariadbSubject, (connections) => MariadbFaultServer.start(connections))
