// The process that has the store of served-calls.ts, and serves it. `node store-owner.ts <folder>`; it says where, and ends
// with the process that started it.

import { join } from 'node:path'

import { systemClock } from '../src/base/index.ts'
import { silentLogger } from '../src/ports/index.ts'
import { StoreServer } from '../src/stores/served/index.ts'
import { SqliteStore } from '../src/stores/sqlite/index.ts'

const [directory = ''] = process.argv.slice(2)
const store = new SqliteStore({ file: join(directory, 'counters.sqlite') })
await store.start()
const server = new StoreServer({ store, folder: directory, clock: systemClock, logger: silentLogger })
await server.start()
process.send?.(server.address)
process.on('disconnect', () => process.exit())
