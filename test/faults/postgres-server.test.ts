// The runtime over Postgres, whose server fails: see server-suite.ts.
import { PostgresFaultServer } from './postgres-fault-server.ts'
import { postgresSubject } from './postgres-subject.ts'
import { serverSuite } from './server-suite.ts'

serverSuite(postgresSubject, (connections) => PostgresFaultServer.start(connections))
