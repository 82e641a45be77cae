// MariaDB under faults.

import { MariadbStore } from '../../src/stores/mariadb/index.ts'
import { mariadbServer } from '../servers/mariadb.ts'
import { mariadbFraming } from './mariadb-framing.ts'
import type { FaultSubject } from './subject.ts'

export const mariadbSubject: FaultSubject = {
  name: 'mariadb',
  framing: mariadbFraming,
  takeDatabase: async () => (await mariadbServer()).takeDatabase(),
  open: (options) => new MariadbStore(options),
}
