// Documents that keep their whole past, written to, looked back at and restored at once, some of them to a state on which they
// do not start any more. The past itself is the evidence: whatever was killed on the way, every revision of it is an add to the
// one before or a revision restored, each that was acknowledged is where it was said to be, and what was once shown of the past
// is what it is in the end.

import { below, SpawnError } from '../../../src/base/index.ts'
import type { ActionDefinition, Definition, Restored, Statestore } from '../../../src/ports/index.ts'
import { type AddTold, pastFaults, type RestoreTold, type Text } from '../past-rules.ts'
import { oneOf } from '../plan.ts'
import { type Act, cast } from './cast.ts'
import type { Weather } from './weather.ts'
import {
  type Outside,
  type ProcessKit,
  stateOf,
  SYSTEM,
  type Told,
  type World,
  type WorldKind,
} from './world.ts'

interface Named {
  readonly name: string
}

/** What was shown of a revision. */
interface Seen extends Named {
  readonly revision: number
  readonly text: string
}

const REF = 'document'
const POISON = '!'
const OPS = 14
/** In fine weather, of a restore. */
const TRIES = 20

class Past implements World {
  readonly #weather: Weather
  readonly #names: readonly string[]
  readonly #adds: (AddTold & Named)[] = []
  readonly #restores: (RestoreTold & Named)[] = []
  readonly #seen: Seen[] = []
  /** The newest revision that anybody was told of. */
  readonly #known = new Map<string, number>()
  /** Those that could not be brought back. */
  readonly #stuck: string[] = []
  #made = 0

  constructor(weather: Weather) {
    this.#weather = weather
    this.#names = Array.from({ length: 1 + (weather.seed % 3) }, (_, at) => `d${at}`)
  }

  definitions(kit: ProcessKit): Definition[] {
    const acts: Record<string, Act<Text>> = {
      add: ({ payload, state, turn }) => {
        const next = { lines: [...state.lines, String(payload)] }
        return { state: next, response: { revision: turn.revision + 1, text: JSON.stringify(next) } }
      },
      read: ({ state, turn }) => ({ response: { revision: turn.revision, text: JSON.stringify(state) } }),
      wake: ({ self, state }) => {
        if (state.lines.some((line) => line.endsWith(POISON)))
          throw new SpawnError('ACTION_FAILED', `"${self}" does not wake on what it holds`)
        return {}
      },
    }
    const definition = cast<Text>(this.#weather, kit, {
      name: REF,
      kind: 'unnamed',
      initial: () => ({ lines: [] }),
      acts,
    })
    const wake: ActionDefinition | null = definition.actions.get('wake') ?? null
    const history = { revisions: 1_000, durationMs: 0 }
    return [{ ...definition, durability: 'turn', history, initAction: wake }]
  }

  async outside(outside: Outside): Promise<void> {
    const callers = 1 + (this.#weather.seed % 4)
    await Promise.all(
      this.#names.map((name) => outside.insistOn((gateway) => gateway.spawn(name, { ref: REF }))),
    )
    await Promise.all(Array.from({ length: callers }, (_, caller) => this.#caller(outside, caller)))
  }

  async isOver(): Promise<boolean> {
    return true
  }

  /** However it stands, a document can be brought back to what it was at first, and lives. */
  async afterwards({ ask, clock, insist }: Outside): Promise<void> {
    for (const name of this.#names) {
      let isBack = false
      for (let tries = 0; !isBack && tries < TRIES; tries += 1) {
        const told = await ask(({ past }) => past.restore(name, { revision: 1 }, { ref: REF }))
        this.#restores.push({ name, follows: null, known: 1, told: restoredBy(told) })
        isBack = told.kind === 'ok'
        await clock.sleep(20)
      }
      if (isBack) this.#see(name, await insist(name, { ref: REF, action: 'read' }))
      else this.#stuck.push(name)
    }
  }

  async judge(store: Statestore): Promise<string[]> {
    const found = this.#stuck.map((name) => `${name} cannot be brought back to what it was at first`)
    for (const name of this.#names) {
      const texts = await textsOf(store, name)
      const of = <Asked extends Named>(all: readonly Asked[]): readonly Asked[] =>
        all.filter((one) => one.name === name)
      const restores = of(this.#restores)
      found.push(...pastFaults({ name, texts, adds: of(this.#adds), restores }))
      this.#made += restores.filter(
        ({ told }) => typeof told === 'object' && told.from !== told.revision,
      ).length
      for (const { revision, text } of of(this.#seen)) {
        if (texts[revision] !== text)
          found.push(
            `shown: revision ${revision} of ${name} was ${text}, and is ${texts[revision] ?? 'absent'}`,
          )
      }
    }
    return found
  }

  happened(): number {
    return this.#made
  }

  async #caller(outside: Outside, caller: number): Promise<void> {
    const { clock, random } = outside
    for (let op = 0; op < OPS; op += 1) {
      await clock.sleep(below(random, 120))
      const name = oneOf(random, this.#names)
      const drawn = random.next()
      if (drawn < 0.5) await this.#add(outside, name, `${caller}.${op}${random.next() < 0.15 ? POISON : ''}`)
      else if (drawn < 0.8) await this.#restore(outside, name)
      else if (drawn < 0.9) await this.#look(outside, name)
      else this.#see(name, responseOf(await outside.call(name, { ref: REF, action: 'read' })))
    }
  }

  async #add({ call }: Outside, name: string, line: string): Promise<void> {
    const told = await call(name, { ref: REF, action: 'add', payload: line })
    this.#adds.push({ name, line, told: told.kind === 'ok' ? revisionOf(told.response) : told.kind })
    this.#see(name, responseOf(told))
  }

  async #restore({ ask, clock, random }: Outside, name: string): Promise<void> {
    const latest = this.#known.get(name) ?? 1
    const revision = 1 + below(random, latest)
    const query = random.next() < 0.2 ? { atMs: clock.now() - below(random, 300) } : { revision }
    const follows = random.next() < 0.4 ? latest : null
    const options = { ref: REF, ...(follows !== null && { follows }) }
    const told = await ask(({ past }) => past.restore(name, query, options))
    const restored = restoredBy(told)
    this.#restores.push({ name, follows, known: latest, told: restored })
    if (typeof restored === 'object') this.#know(name, restored.revision)
  }

  async #look({ ask, random }: Outside, name: string): Promise<void> {
    const revision = 1 + below(random, this.#known.get(name) ?? 1)
    const told = await ask(({ past }) => past.inspect(name, { revision }, REF))
    if (told.kind === 'ok')
      this.#see(name, { revision, text: JSON.stringify((told.response as { state: Text }).state) })
  }

  /** An answer that shows a revision. */
  #see(name: string, response: unknown): void {
    if (!isShown(response)) return
    this.#seen.push({ name, ...response })
    this.#know(name, response.revision)
  }

  #know(name: string, revision: number): void {
    this.#known.set(name, Math.max(revision, this.#known.get(name) ?? 1))
  }
}

/** The texts of all revisions, by number. */
async function textsOf(store: Statestore, name: string): Promise<(string | undefined)[]> {
  const id = { system: SYSTEM, parent: REF, name }
  const texts: (string | undefined)[] = []
  for (const { revision } of await store.revisions(id, 1_000)) {
    texts[revision] = JSON.stringify(stateOf(await store.loadRevision(id, { revision })))
  }
  return texts
}

function restoredBy(told: Told): RestoreTold['told'] {
  return told.kind === 'ok' ? (told.response as Restored) : told.kind
}

function responseOf(told: Told): unknown {
  return told.kind === 'ok' ? told.response : null
}

function revisionOf(response: unknown): number {
  return isShown(response) ? response.revision : 0
}

function isShown(response: unknown): response is { readonly revision: number; readonly text: string } {
  return typeof response === 'object' && response !== null && 'revision' in response && 'text' in response
}

export const past: WorldKind = {
  name: 'past',
  twins: true,
  lateWrites: true,
  of: (weather) => new Past(weather),
}
