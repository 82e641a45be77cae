// A process that has a SQLite file and serves it, for tests that end it: `node store-owner.ts <file> <folder>`. It prints where
// it serves, and ends with the process that started it.
import { systemClock } from '../../src/base/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { StoreServer } from '../../src/stores/served/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'

const [, , file = '', folder = ''] = process.argv
const store = new SqliteStore({ file })
await store.start()
const server = new StoreServer({ store, folder, clock: systemClock, logger: silentLogger })
await server.start()
process.stdout.write(`${server.address}\n`)
process.stdin.resume()
process.stdin.on('end', () => process.exit())
