// Documents that keep their whole past, written to, looked back at and restored at once, some of them to a state on which they
// do not start any more. The past itself is the evidence: whatever was killed on the way, every revision of it is an add to the
// one before or a revision restored, each that was acknowledged is where it was said to be, and what was once shown of the past
// is what it is in the end.

import { below, SpawnError } from '../../../src/base/index.ts'
import type { ActionDefinition, Definition, Restored, Statestore } from '../../../src/ports/index.ts'
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

interface Text {
  readonly lines: readonly string[]
}

/** What an add was told: the revision that it made. */
interface Added {
  readonly name: string
  readonly line: string
  readonly told: Told
}

interface Asked {
  readonly name: string
  /** The revision that had to stand; null: any. */
  readonly follows: number | null
  readonly told: Told
}

/** What was shown of a revision. */
interface Seen {
  readonly name: string
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
  readonly #adds: Added[] = []
  readonly #restores: Asked[] = []
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
        this.#restores.push({ name, follows: null, told })
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
      found.push(...this.#pastOf(name, texts))
      for (const { revision, text, name: of } of this.#seen) {
        if (of === name && texts[revision] !== text)
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

  /** Every revision is an add that was asked for, or a restore that was; and all that was acknowledged is there. */
  *#pastOf(name: string, texts: readonly (string | undefined)[]): Iterable<string> {
    const adds = new Map(this.#adds.filter((add) => add.name === name).map((add) => [add.line, add]))
    const at = new Map<string, number>()
    const restored = new Set<number>()
    for (let revision = 2; revision < texts.length; revision += 1) {
      // An add brings a line that there never was, so it makes a text that there never was.
      if (texts.indexOf(texts[revision]) < revision) {
        restored.add(revision)
        continue
      }
      const line = addedLine(texts[revision - 1], texts[revision])
      const told = line === null ? undefined : adds.get(line)?.told
      if (line === null || told === undefined)
        yield `revision ${revision} of ${name} is neither an add nor a restore`
      else if (at.has(line)) yield `${line} was added to ${name} twice`
      else at.set(line, revision)
      if (told?.kind === 'refused') yield `${line} was refused by ${name}, and stands there`
    }
    for (const { line, told } of adds.values()) {
      if (told.kind === 'ok' && at.get(line) !== revisionOf(told.response))
        yield `${line} of ${name} was acknowledged at ${revisionOf(told.response)}, and stands at ${at.get(line) ?? 'none'}`
    }
    yield* this.#restoresOf(name, texts, restored)
  }

  *#restoresOf(
    name: string,
    texts: readonly (string | undefined)[],
    made: ReadonlySet<number>,
  ): Iterable<string> {
    const asked = this.#restores.filter((restore) => restore.name === name)
    const told = new Set<number>()
    for (const { follows, told: answer } of asked) {
      if (answer.kind !== 'ok') continue
      // Of a restore of this world's own.
      const { from, revision } = answer.response as Restored
      if (texts[from] !== texts[revision])
        yield `revision ${revision} of ${name} was to be ${from} again, and is not`
      if (follows !== null && revision !== from && revision !== follows + 1)
        yield `a restore of ${name} was to follow ${follows}, and made ${revision}`
      if (revision === from) continue
      if (told.has(revision)) yield `revision ${revision} of ${name} was told to two who restored`
      told.add(revision)
      if (!made.has(revision)) yield `a restore of ${name} made ${revision}, which is an add`
    }
    this.#made += told.size
    const unknown = asked.filter(({ told: answer }) => answer.kind === 'unknown').length
    const untold = [...made].filter((revision) => !told.has(revision)).length
    if (untold > unknown)
      yield `${untold} restores of ${name} were told to nobody, and ${unknown} may have been`
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
    this.#adds.push({ name, line, told })
    this.#see(name, responseOf(told))
  }

  async #restore({ ask, clock, random }: Outside, name: string): Promise<void> {
    const latest = this.#known.get(name) ?? 1
    const revision = 1 + below(random, latest)
    const query = random.next() < 0.2 ? { atMs: clock.now() - below(random, 300) } : { revision }
    const follows = random.next() < 0.4 ? latest : null
    const options = { ref: REF, ...(follows !== null && { follows }) }
    const told = await ask(({ past }) => past.restore(name, query, options))
    this.#restores.push({ name, follows, told })
    if (told.kind === 'ok') this.#know(name, (told.response as Restored).revision)
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

/** The line that makes the one text of the other; null: none does. */
function addedLine(before: string | undefined, after: string | undefined): string | null {
  if (before === undefined || after === undefined) return null
  const line = linesOf(after).at(-1)
  return line !== undefined && JSON.stringify({ lines: [...linesOf(before), line] }) === after ? line : null
}

function linesOf(text: string): readonly string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this world's own state
  return (JSON.parse(text) as Text).lines
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
