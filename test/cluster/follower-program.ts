// A member of a cluster that follows the facts of its system while it commits them, as a process of its own:
// `node follower-program.ts <store> <cluster> <cluster's name> <node> <port> <book>`. It writes each fact that it sees as a line of
// its book, and begins behind the last one that stands there: so the book and the place in it are one. It says when it is ready.

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { silentLogger } from '../../src/ports/index.ts'
import { actor, system, Value } from '../../src/sdk/index.ts'

const [store = '', url = '', name = '', node = '', port = '', book = ''] = process.argv.slice(2)

const account = actor('account', {
  kind: 'unnamed',
  sourceable: true,
  state: { total: 0 },
  actions: { add: (ctx) => Value.of({ total: ctx.state.total + 1 }, { total: ctx.state.total + 1 }) },
})

const cluster = { url, name, node, lease: 1_500 }
await using running = await system('followed', {
  actors: [account],
  store,
  cluster,
  http: { port: Number(port) },
  logger: silentLogger,
}).start()
process.stdout.write('ready\n')

const lines = existsSync(book) ? readFileSync(book, 'utf8').split('\n').slice(0, -1) : []
const after = Number(lines.at(-1)?.split(' ')[0] ?? 0)
for await (const fact of running.facts({ definition: account, after, follow: true })) {
  const { id, position, revision, state } = fact
  appendFileSync(book, `${position} ${id} ${fact.actor.name} ${revision} ${state.total}\n`)
}
