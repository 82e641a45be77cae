// Transfers between accounts, each a saga of the SDK: money is taken, given, and looked at by an auditor who refuses some.
// Whatever fails or is killed on the way, the sum is kept, and every transfer ends: done, with each step once, or
// compensated, with each step that was done undone once.

import { below } from '../../../src/base/index.ts'
import { EmbeddedHost } from '../../../src/hosts/embedded/index.ts'
import { type Definition, silentLogger, type Statestore } from '../../../src/ports/index.ts'
import { actor, effect, saga, SpawnError, step, Value } from '../../../src/sdk/index.ts'
import { withMishaps } from './cast.ts'
import type { Weather } from './weather.ts'
import {
  isEmpty,
  type Outside,
  type ProcessKit,
  stateOf,
  storedActors,
  type World,
  type WorldKind,
} from './world.ts'

interface Transfer {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly amount: number
}

interface Account {
  readonly balance: number
  /** What was done to it, by transfer. */
  readonly moves: readonly string[]
}

/** What the bank reads of a saga's progress. */
interface Progress {
  readonly status: string
  readonly input: Transfer
}

type Move = 'withdraw' | 'deposit' | 'refund' | 'takeBack'

const START_BALANCE = 100
/** Nothing can be paid in there. */
const CLOSED = 'a0'

function moved({ state }: { readonly state: Account }, move: Move, { amount, id }: Transfer) {
  const sign = move === 'deposit' || move === 'refund' ? 1 : -1
  const balance = state.balance + sign * amount
  return Value.of({ balance, moves: [...state.moves, `${id} ${move}`] }, { balance })
}

const account = actor('account', {
  kind: 'unnamed',
  state: (): Account => ({ balance: START_BALANCE, moves: [] }),
  actions: {
    withdraw: (ctx, transfer: Transfer) => {
      if (ctx.state.balance < transfer.amount) throw new SpawnError('INVALID_ARGUMENT', 'not enough money')
      return moved(ctx, 'withdraw', transfer)
    },
    deposit: (ctx, transfer: Transfer) => {
      if (ctx.self.name === CLOSED) throw new SpawnError('PERMISSION_DENIED', 'the account is closed')
      return moved(ctx, 'deposit', transfer)
    },
    refund: (ctx, transfer: Transfer) => moved(ctx, 'refund', transfer),
    takeBack: (ctx, transfer: Transfer) => moved(ctx, 'takeBack', transfer),
  },
})

const auditor = actor('auditor', {
  kind: 'named',
  state: { looks: 0 },
  actions: {
    look: (ctx, { amount }: Transfer) => {
      if (amount % 4 === 0) throw new SpawnError('PERMISSION_DENIED', 'not that amount')
      return Value.of({ looks: ctx.state.looks + 1 })
    },
  },
})

const transfer = saga(
  'transfer',
  [
    step('withdraw', {
      run: (t: Transfer) => effect(account, t.from).withdraw(t),
      compensate: (t) => effect(account, t.from).refund(t),
    }),
    step('deposit', {
      run: (t: Transfer) => effect(account, t.to).deposit(t),
      compensate: (t) => effect(account, t.to).takeBack(t),
    }),
    step('look', { run: (t: Transfer) => effect(auditor).look(t) }),
  ],
  { compensation: { attempts: 1_000, backoff: 10, maxBackoff: 200 } },
)

class Bank implements World {
  readonly limits = { deliveryAttempts: 4 }
  readonly #weather: Weather
  readonly #accounts: number
  readonly #transfers: number
  /** Whose start was acknowledged. */
  readonly #started = new Set<string>()
  #ended = 0

  constructor(weather: Weather) {
    this.#weather = weather
    this.#accounts = 2 + (weather.seed % 3)
    this.#transfers = 1 + (weather.seed % 9)
  }

  definitions(kit: ProcessKit): Definition[] {
    const { idleTimeoutMs, mailboxLimit } = this.#weather
    const embedded = new EmbeddedHost({ clock: kit.clock, logger: silentLogger, freezes: true })
    const host = withMishaps(embedded, this.#weather, kit)
    return [account, auditor, transfer].map((definition) => {
      return { ...definition, idleTimeoutMs, mailboxLimit, host }
    })
  }

  async outside({ clock, insist, random }: Outside): Promise<void> {
    const one = async (at: number): Promise<void> => {
      const id = `t${at}`
      const payload: Transfer = {
        id,
        from: `a${below(random, this.#accounts)}`,
        to: `a${below(random, this.#accounts)}`,
        amount: 1 + below(random, 60),
      }
      await clock.sleep(below(random, 500))
      // To start it again is no new start.
      await insist(id, { ref: 'transfer', action: 'start', payload })
      this.#started.add(id)
    }
    await Promise.all(Array.from({ length: this.#transfers }, (_, at) => one(at)))
  }

  async isOver(store: Statestore): Promise<boolean> {
    const sagas = await this.#sagas(store)
    const ended = sagas.every(({ status }) => status === 'done' || status === 'compensated')
    return ended && (await isEmpty(store, 'delivery', 'schedule', 'dead'))
  }

  /** Where the store is bad for long, the end of a step may become a dead letter: it is delivered when somebody says so. */
  async tend({ insistOn }: Outside): Promise<void> {
    await insistOn(async ({ deadLetters }) => {
      const { items } = await deadLetters.list()
      for (const { id } of items) await deadLetters.retry(id)
    })
  }

  async judge(store: Statestore): Promise<string[]> {
    const found: string[] = []
    const accounts = (await storedActors(store)).filter(({ id }) => id.parent === 'account').map(accountOf)
    const sum = accounts.reduce((total, { balance }) => total + balance, 0)
    if (sum !== accounts.length * START_BALANCE) {
      found.push(`the sum is ${sum}, and was ${accounts.length * START_BALANCE}`)
    }
    const moves = accounts.flatMap((one) => one.moves)
    const sagas = await this.#sagas(store)
    for (const { input, status } of sagas) found.push(...endOf(input.id, status, moves))
    const known = new Set(sagas.map(({ input }) => input.id))
    for (const id of this.#started) if (!known.has(id)) found.push(`the transfer ${id} is lost`)
    if (!(await isEmpty(store, 'dead')))
      found.push('there are dead letters: a saga is told how its steps end')
    this.#ended = sagas.length
    return found
  }

  happened(): number {
    return this.#ended
  }

  async #sagas(store: Statestore): Promise<Progress[]> {
    const stored = (await storedActors(store)).filter(({ id }) => id.parent === 'transfer')
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the state of a saga
    return stored.map((one) => stateOf(one) as Progress).filter(({ status }) => status !== 'new')
  }
}

/** What is wrong with the end of one transfer. */
function endOf(id: string, status: string, moves: readonly string[]): string[] {
  const times = (move: Move): number => moves.filter((one) => one === `${id} ${move}`).length
  const text = `${id} ended ${status}: ${JSON.stringify(moves.filter((one) => one.startsWith(`${id} `)))}`
  const withdrawn = times('withdraw')
  const deposited = times('deposit')
  const once = withdrawn <= 1 && deposited <= 1
  const undone = times('refund') === withdrawn && times('takeBack') === deposited
  const untouched = times('refund') === 0 && times('takeBack') === 0
  if (status === 'done') return withdrawn === 1 && deposited === 1 && untouched ? [] : [text]
  return status === 'compensated' && once && undone ? [] : [text]
}

function accountOf(stored: Parameters<typeof stateOf>[0]): Account {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the bank's own state
  return stateOf(stored) as Account
}

export const bank: WorldKind = {
  name: 'bank',
  twins: true,
  lateWrites: true,
  of: (weather) => new Bank(weather),
}
