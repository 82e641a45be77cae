// Actors that are served to a scripted proxy, for the tests of `serve`.

import {
  actor,
  type ActorDefinition,
  type Logger,
  type ServedSystem,
  SpawnError,
  system,
  Value,
} from '../../src/sdk/index.ts'
import { ScriptedProxy } from './scripted-proxy.ts'

export function logOf(lines: string[]): Logger {
  const at = (level: string) => (message: string) => void lines.push(`${level} ${message}`)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export const quiet = logOf([])

export const counter = actor('counter', {
  state: { total: 0 },
  tags: { tier: 'gold' },
  deactivateTimeout: 5_000,
  sourceable: { duration: 60_000 },
  channels: ['news', { topic: 'prices', action: 'add' }],
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
    tick: { handler: (ctx) => Value.of({ total: ctx.state.total + 1 }), timer: 250 },
    receive: () => undefined,
    peek: (ctx) => ({ ...ctx.state }),
    fail: () => {
      throw new Error('the till is empty')
    },
    deny: () => {
      throw new SpawnError('PERMISSION_DENIED', 'not yours')
    },
    slow: {
      timeout: 50,
      handler: (ctx) => new Promise((resolve) => ctx.signal.addEventListener('abort', resolve)),
    },
  },
})

export const user = actor('user', {
  kind: 'unnamed',
  state: () => ({ names: [] as string[] }),
  actions: {
    rename: (ctx, name: string) => Value.of({ names: [...ctx.state.names, name] }, ctx.self.name),
    ask: async (ctx) => ctx.invoke('counter', { action: 'add', payload: { value: 5 }, metadata: { a: 'b' } }),
    askTyped: async (ctx) => (await ctx.ref(counter).add({ value: 7 })).total,
  },
})

export const pool = actor('pool', { kind: 'pooled', pool: { min: 2, max: 5 }, actions: { work: () => 1 } })

export interface Served extends AsyncDisposable {
  readonly proxy: ScriptedProxy
  readonly host: ServedSystem
}

export async function served(actors: readonly ActorDefinition[], logger: Logger = quiet): Promise<Served> {
  const proxy = await ScriptedProxy.start()
  const host = await system('shop', { actors, logger }).serve({ proxy: proxy.url, port: 0 })
  return {
    proxy,
    host,
    [Symbol.asyncDispose]: async () => {
      await host.stop()
      await proxy.stop()
    },
  }
}

export const self = (name: string, parent = '') => ({ name, system: 'shop', parent })
