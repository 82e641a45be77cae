// Postgres under faults.

import { PostgresStore } from '../../src/stores/postgres/index.ts'
import { postgresServer } from '../servers/postgres.ts'
import { postgresFraming } from './postgres-framing.ts'
import type { FaultSubject } from './subject.ts'

export const postgresSubject: FaultSubject = {
  name: 'postgres',
  framing: postgresFraming,
  takeDatabase: async () => (await postgresServer()).takeDatabase(),
  open: (options) => new PostgresStore(options),
}
