// The workload, in rounds: each the same, with actors and marks of its own. It does all that a runtime asks of a store: first
// activations, groups of turns, effects at once and later, idempotency keys, calls for later, deletes, and the past.

import type { Book, Place } from './book.ts'
import type { World } from './world.ts'

/** Makes all calls of a round. Whatever fails is in the book; what must be wrong, too. */
export async function playRound(world: World, round: string, book: Book): Promise<void> {
  const payer: Place = { ref: 'ledger', name: `${round} payer` }
  const payee: Place = { ref: 'ledger', name: `${round} payee` }
  const mark = (name: string): string => `${round} ${name}`
  // The first turn of an actor, then many at once.
  await world.add(book, payer, mark('first'))
  await Promise.all([
    ...['one', 'two', 'three'].map((name) => world.add(book, payer, mark(name))),
    world.add(book, payee, mark('four')),
  ])
  await Promise.all([
    send(world, book, 'pay', mark('pay'), payer, payee),
    later(world, book, mark('later'), payee),
  ])
  await Promise.all([
    send(world, book, 'plan', mark('plan'), payee, payer),
    keyed(world, book, { ref: 'fleeting', name: `${round} fleeting` }, mark('keyed')),
    remembered(world, book, { ref: 'chronicle', name: `${round} chronicle` }, round),
    deleted(world, book, { ref: 'ledger', name: `${round} short-lived` }, round),
  ])
}

function send(
  world: World,
  book: Book,
  action: 'pay' | 'plan',
  mark: string,
  at: Place,
  to: Place,
): Promise<boolean> {
  return book.add(mark, at, to, () => world.call(at, action, { mark, to: to.name }))
}

/** A call for later: what is acknowledged is that it will be made. */
function later(world: World, book: Book, mark: string, at: Place): Promise<boolean> {
  return book.add(mark, at, null, () =>
    world.system.invoke(at.name, {
      ref: at.ref,
      action: 'add',
      payload: { mark },
      delay: 100,
      timeout: world.callMs,
    }),
  )
}

/** Repeats a call by its key until it is acknowledged, and once more: then it must be answered as before. */
async function keyed(world: World, book: Book, at: Place, mark: string): Promise<void> {
  const call = (): Promise<unknown> => world.call(at, 'add', { mark }, { idempotencyKey: mark })
  if (!(await book.add(mark, at, null, call))) await book.insist(mark, call)
  await book.repeat(mark, call)
}

async function remembered(world: World, book: Book, at: Place, round: string): Promise<void> {
  let hasPast = false
  for (const name of ['then', 'now', 'today'])
    if (await world.add(book, at, `${round} ${name}`)) hasPast = true
  if (!hasPast) return
  await book.watch(`the history of ${at.name}`, async () => {
    const history = await world.system.history(at.name, { ref: at.ref })
    const revisions = history.revisions.map(({ revision }) => revision)
    const isRow = revisions.every(
      (revision, index) => index === 0 || revision === (revisions[index - 1] ?? 0) - 1,
    )
    if (!isRow) book.violations.push(`${at.name} has the revisions ${revisions.join(' ')}`)
    for (const revision of revisions) {
      const { state } = await world.system.inspect(at.name, { ref: at.ref, revision })
      const count = Object.keys((state as { marks: object }).marks).length
      if (count !== revision) book.violations.push(`revision ${revision} of ${at.name} has ${count} marks`)
    }
  })
}

/** After a delete that was acknowledged nothing is left of what was there. */
async function deleted(world: World, book: Book, at: Place, round: string): Promise<void> {
  const before = `${round} before`
  const after = `${round} after`
  const own = world.book()
  await world.add(own, at, before)
  const isThere = own.entries[0]?.known === 'acknowledged'
  const answer = isThere
    ? await book.watch(`the delete of ${at.name}`, () => world.system.delete(at.name, { ref: at.ref }))
    : null
  book.violations.push(...own.violations)
  await world.add(book, at, after)
  // Whether the first one is left is known only if the delete was.
  const isGone = answer !== null && !('error' in answer)
  book.entries.push({ mark: before, at, to: null, known: isGone ? 'not made' : 'unknown' })
}
