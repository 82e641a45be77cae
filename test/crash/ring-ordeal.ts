// Tokens go round a ring by effects while the server is killed again and again. In the end they are told to rest, and each
// of them must be there, once.

import { seededRandom } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import { actionPath, Client } from './client.ts'
import { endure } from './endure.ts'
import { Server, type Victim } from './server.ts'
import type { Station } from './station.ts'

export interface RingOptions {
  readonly seed: number
  readonly kills: number
  readonly lifeMs?: number
  readonly stations?: number
  readonly tokensEach?: number
  readonly progress?: (text: string) => void
}

export interface RingReckoning {
  readonly tokens: number
  /** How often one was passed on. */
  readonly passes: number
  readonly violations: readonly string[]
}

const REST_MS = 30_000

export async function ringOrdeal(options: RingOptions): Promise<RingReckoning> {
  const { kills, lifeMs = 900, progress, seed, stations = 8, tokensEach = 4 } = options
  const names = Array.from({ length: stations }, (_, at) => `s${at}`)
  const tokens = names.flatMap((name) => Array.from({ length: tokensEach }, (_, at) => `${name} ${at}`))
  let passes = 0
  const violations = await endure(
    {
      random: seededRandom(seed),
      kills,
      lifeMs,
      victim: (file) => Server.on(file, './station.ts'),
      progress,
    },
    {
      async begin(server) {
        const client = new Client(server)
        for (const [at, name] of names.entries()) {
          const next = names[(at + 1) % stations]
          await client.insist(actionPath('station', name, 'join'), { next }, `join ${name}`)
        }
        for (const name of names) {
          const own = tokens.filter((token) => token.startsWith(`${name} `))
          await client.insist(actionPath('station', name, 'begin'), { tokens: own }, `begin ${name}`)
        }
      },
      progress: () => `${tokens.length} tokens on their way`,
      async end(server) {
        const client = new Client(server)
        for (const name of names) await client.insist(actionPath('station', name, 'rest'), {}, `rest ${name}`)
        const all = await resting(server, names, tokens.length)
        passes = all.reduce((sum, station) => sum + station.passes, 0)
        return [...reckon(all, tokens), ...(await deadLetters(client))]
      },
    },
  )
  return { tokens: tokens.length, passes, violations }
}

/** The stations, when as many tokens rest as there are, or when that does not come about. */
async function resting(server: Victim, names: readonly string[], count: number): Promise<Station[]> {
  const client = new Client(server)
  let all: Station[] = []
  const look = async (): Promise<boolean> => {
    all = []
    for (const name of names) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the state of a station
      const state = (await client.call(actionPath('station', name, 'get'), {})) as Station | null
      if (state !== null) all.push(state)
    }
    return all.reduce((sum, { tokens }) => sum + tokens.length, 0) >= count
  }
  await until('all tokens to rest', look, { timeoutMs: REST_MS }).catch(() => {})
  return all
}

function reckon(all: readonly Station[], expected: readonly string[]): string[] {
  const found = all.flatMap(({ faults }) => faults)
  const standing = all.flatMap(({ tokens }) => tokens)
  for (const token of expected) {
    const times = standing.filter((one) => one === token).length
    if (times !== 1) found.push(`the token "${token}" is there ${times} times`)
  }
  if (standing.length !== expected.length)
    found.push(`there are ${standing.length} tokens of ${expected.length}`)
  return found
}

async function deadLetters(client: Client): Promise<string[]> {
  const page = JSON.stringify(await client.get('dead-letters'))
  return page.includes('"deadLetters":[]') ? [] : [`there are dead letters: ${page}`]
}
