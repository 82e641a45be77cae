// Documents are written to and restored by many at once while the server is killed again and again. In the end their whole
// past is read, and every revision of it must be an add or a restore that was asked for, where it was said to be.

import { setTimeout as sleep } from 'node:timers/promises'
import { below, type Random, seededRandom } from '../../src/base/index.ts'
import { type AddTold, pastFaults, type RestoreTold } from '../simulation/past-rules.ts'
import { actionPath, Client } from './client.ts'
import { endure } from './endure.ts'
import { RETRY_MS, Server, SYSTEM, type Victim } from './server.ts'

export interface PastOptions {
  readonly seed: number
  readonly kills: number
  readonly lifeMs?: number
  readonly documents?: number
  readonly callers?: number
  readonly progress?: (text: string) => void
}

export interface PastReckoning {
  readonly adds: number
  readonly restores: number
  readonly unknown: number
  readonly violations: readonly string[]
}

/** What was asked of one document. */
class Book {
  readonly adds: AddTold[] = []
  readonly restores: RestoreTold[] = []
  /** The newest revision that anybody was told of. */
  latest = 1

  get told(): readonly (AddTold | RestoreTold)[] {
    return [...this.adds, ...this.restores]
  }
}

export async function pastOrdeal(options: PastOptions): Promise<PastReckoning> {
  const { callers = 8, documents = 4, kills, lifeMs = 700, progress, seed } = options
  const random = seededRandom(seed)
  const books = new Map(Array.from({ length: documents }, (_, at) => [`d${at}`, new Book()]))
  let goesOn = true
  let running: Promise<unknown> = Promise.resolve()
  const violations = await endure(
    { random, kills, lifeMs, victim: (file) => Server.on(file, './document.ts'), progress },
    {
      async begin(server) {
        const client = new Client(server)
        for (const name of books.keys()) {
          await client.insist(actionPath('document', name, 'add'), 'the first', `begin ${name}`)
        }
        const work = async (caller: number): Promise<void> => {
          for (let op = 0; goesOn; op += 1) await ask(server, books, random, `${caller}.${op}`)
        }
        running = Promise.all(Array.from({ length: callers }, (_, caller) => work(caller)))
      },
      progress: () => `${[...books.values()].flatMap(({ told }) => told).length} were asked`,
      async end(server) {
        goesOn = false
        await running
        const found: string[] = []
        for (const [name, { adds, restores }] of books) {
          const texts = await textsOf(new Client(server), name)
          found.push(...pastFaults({ name, texts, adds, restores }))
        }
        return found
      },
    },
  )
  const all = [...books.values()]
  const unknown = all.flatMap(({ told }) => told).filter(({ told }) => told === 'unknown').length
  const adds = all.flatMap((book) => book.adds).length
  return { adds, restores: all.flatMap((book) => book.restores).length, unknown, violations }
}

/** One add or restore, and what is told of it. */
async function ask(
  server: Victim,
  books: ReadonlyMap<string, Book>,
  random: Random,
  line: string,
): Promise<void> {
  const name = `d${below(random, books.size)}`
  const book = books.get(name)
  if (book === undefined) return
  if (random.next() < 0.6) {
    const answer = await post(server, `${actionPath('document', name, 'add')}&receipt`, line)
    const told = answer instanceof Response ? Number(answer.headers.get('spawn-revision')) : answer
    book.adds.push({ line, told })
    if (typeof told === 'number') book.latest = Math.max(book.latest, told)
    return
  }
  const known = book.latest
  const revision = 1 + below(random, known)
  const follows = random.next() < 0.3 ? known : null
  const path = `actors/${name}/restore?ref=document&revision=${revision}`
  const answer = await post(server, path, null, follows === null ? {} : { 'if-match': `"${follows}"` })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the answer to a restore
  const told =
    answer instanceof Response ? ((await answer.json()) as { from: number; revision: number }) : answer
  book.restores.push({ follows, known, told })
  if (typeof told === 'object') book.latest = Math.max(book.latest, told.revision)
}

/** `unknown`: the server was gone, or on its way. */
async function post(
  server: Victim,
  path: string,
  payload: string | null,
  headers: Record<string, string> = {},
): Promise<Response | 'refused' | 'unknown'> {
  try {
    const url = `${server.url}/api/v1/system/${SYSTEM}/${path}`
    const json = { ...headers, 'content-type': 'application/json' }
    const asked = payload === null ? { headers } : { headers: json, body: JSON.stringify(payload) }
    const answer = await fetch(url, { method: 'POST', ...asked })
    if (answer.ok) return answer
    const text = await answer.text()
    if (answer.status === 409) return 'refused'
    if (answer.status < 500) throw new RangeError(`${path} was refused with ${answer.status}: ${text}`)
  } catch (thrown) {
    if (thrown instanceof RangeError) throw thrown
    if (isNotSent(thrown)) {
      await sleep(RETRY_MS)
      return 'refused'
    }
  }
  await sleep(RETRY_MS)
  return 'unknown'
}

/** Nobody was there to be asked. */
function isNotSent(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : null
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}

/** The texts of all revisions, by number. */
async function textsOf(client: Client, name: string): Promise<(string | undefined)[]> {
  const texts: (string | undefined)[] = []
  for (let after = ''; ;) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the page of a history
    const page = (await client.get(`actors/${name}/history?ref=document&limit=100${after}`)) as {
      readonly revisions: readonly { readonly revision: number }[]
      readonly next: string | null
    }
    const read = async ({ revision }: { readonly revision: number }): Promise<void> => {
      const found = await client.get(`actors/${name}?ref=document&revision=${revision}`)
      texts[revision] = JSON.stringify((found as { readonly state: unknown }).state)
    }
    await Promise.all(page.revisions.map(read))
    if (page.next === null) return texts
    after = `&after=${page.next}`
  }
}
