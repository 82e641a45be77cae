// A table that is filled from facts: products are actors, and what their turns make of them is followed into an SQLite file of
// its own, to be asked what actors cannot be asked. README.md has calls to try.

import { DatabaseSync } from 'node:sqlite'

import { actor, type FactOf, type System, system, Value } from 'spawn-mesh'

interface Product {
  readonly price: number
  readonly stock: number
}

export const product = actor('product', {
  kind: 'unnamed',
  state: (): Product => ({ price: 0, stock: 0 }),
  sourceable: true,
  actions: {
    price: (ctx, { price }: { price: number }) => Value.of({ ...ctx.state, price }),
    deliver: (ctx, { count }: { count: number }) =>
      Value.of({ ...ctx.state, stock: ctx.state.stock + count }),
  },
})

/** The table, and the position that it has come to: both change in one transaction, so each fact counts once. */
export class PriceList {
  readonly #database: DatabaseSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    this.#database.exec(`
      create table if not exists products (name text primary key, price integer, stock integer, changes integer) strict;
      create table if not exists progress (position integer) strict;
      insert into progress select 0 where not exists (select * from progress);`)
  }

  get position(): number {
    return Number(this.#database.prepare('select position from progress').get()?.['position'])
  }

  take({ actor: { name }, position, state: { price, stock } }: FactOf<Product>): void {
    this.#database.exec('begin')
    this.#database
      .prepare(
        `insert into products values (?1, ?2, ?3, 1)
         on conflict (name) do update set price = ?2, stock = ?3, changes = changes + 1`,
      )
      .run(name, price, stock)
    this.#database.prepare('update progress set position = ?').run(position)
    this.#database.exec('commit')
  }

  upTo(price: number): unknown[] {
    const asked = 'select name, price, stock, changes from products where price <= ? order by price, name'
    return this.#database.prepare(asked).all(price)
  }
}

/** Goes on where the list was left, until the system stops or the signal comes. */
export async function follow(running: System, list: PriceList, signal: AbortSignal): Promise<void> {
  const after = list.position
  for await (const fact of running.facts({ definition: product, after, follow: true, signal }))
    list.take(fact)
}

/** What the list is asked, through the same door as the products. */
function pricesOf(list: PriceList) {
  return actor('prices', {
    stateful: false,
    actions: { upTo: { handler: (_ctx, { price }: { price: number }) => list.upTo(price), query: true } },
  })
}

if (import.meta.main) {
  const list = new PriceList('prices.db')
  const shop = system('shop', {
    actors: [product, pricesOf(list)],
    store: 'sqlite:shop.db',
    http: Number(process.env['PORT'] ?? 9001),
  })
  await using running = await shop.start()
  console.log(`the shop is open at ${running.url}`)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  await follow(running, list, stop.signal)
}
