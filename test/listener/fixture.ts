// A proxy on a free port with a store in memory, the requests of an SDK to it, and host servers that count.

import { request as httpRequest } from 'node:http'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { seededRandom, systemClock } from '../../src/base/index.ts'
import { type Logger, silentLogger, type Statestore } from '../../src/ports/index.ts'
import {
  InvocationRequestSchema,
  type InvocationResponse,
  InvocationResponseSchema,
  RegistrationRequestSchema,
  type RegistrationResponse,
  RegistrationResponseSchema,
  SpawnRequestSchema,
  type SpawnResponse,
  SpawnResponseSchema,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { jsonCodec, Packed } from '../../src/protocol/index.ts'
import { composeProxy, type Proxy, type ProxyParts } from '../../src/proxy/compose.ts'
import { DEFAULTS, type ProxyConfig } from '../../src/proxy/config/proxy-config.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { registration, type WireActorInit } from '../remote/fixture.ts'

export const SYSTEM = DEFAULTS.system

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface Asked {
  readonly method?: string
  readonly type?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

export type Invocation = MessageInitShape<typeof InvocationRequestSchema>

export interface Sidecar extends AsyncDisposable {
  readonly proxy: Proxy
  readonly url: string
  send(path: string, body: Uint8Array | null, asked?: Asked): Promise<Answer>
  register(
    actors: Record<string, WireActorInit>,
    port: number,
    system?: string,
  ): Promise<RegistrationResponse>
  spawn(
    actors: readonly { name: string; parent?: string; system?: string }[],
    query?: string,
  ): Promise<SpawnResponse>
  /** Calls an action of an actor in the configured system, unless the invocation says more. */
  invoke(name: string, action: string, more?: Invocation, asked?: Asked): Promise<InvocationResponse>
}

export interface SidecarOptions {
  readonly config?: Partial<ProxyConfig>
  readonly parts?: Partial<ProxyParts>
  readonly store?: Statestore
  readonly logger?: Logger
}

export async function sidecar({
  config,
  logger = silentLogger,
  parts,
  store = new MemoryStore(),
}: SidecarOptions = {}): Promise<Sidecar> {
  const listen = { host: '127.0.0.1', port: 0, allowedHosts: [] }
  const proxy = await composeProxy(
    { ...DEFAULTS, listen, ...config },
    { clock: systemClock, random: seededRandom(1), logger, version: '0', store, ...parts },
  )
  const send = (path: string, body: Uint8Array | null, asked: Asked = {}): Promise<Answer> =>
    ask(proxy.url, path, body, asked)
  return {
    proxy,
    url: proxy.url,
    send,
    async register(actors, port, system = SYSTEM) {
      const bytes = toBinary(RegistrationRequestSchema, registration(actors, system))
      const { body } = await send('/api/v1/system', bytes, { headers: { 'spawn-host-port': String(port) } })
      return fromBinary(RegistrationResponseSchema, body)
    },
    async spawn(actors, query = '') {
      const bytes = toBinary(SpawnRequestSchema, create(SpawnRequestSchema, { actors: [...actors] }))
      const { body } = await send(`/api/v1/system/${SYSTEM}/actors/spawn${query}`, bytes)
      return fromBinary(SpawnResponseSchema, body)
    },
    async invoke(name, action, more = {}, asked = {}) {
      const bytes = invocation(name, action, more)
      const { body } = await send(`/api/v1/system/${SYSTEM}/actors/${name}/invoke`, bytes, asked)
      return fromBinary(InvocationResponseSchema, body)
    },
    [Symbol.asyncDispose]: () => proxy.stop({ drainMs: 0 }),
  }
}

export function invocation(name: string, action: string, more: Invocation = {}): Uint8Array {
  const request = { system: { name: SYSTEM }, actor: { id: { name } }, actionName: action, ...more }
  return toBinary(InvocationRequestSchema, create(InvocationRequestSchema, request as Invocation))
}

/** A payload of JSON. */
export function json(value: unknown): { readonly payload: { case: 'value'; value: Packed } } {
  return { payload: { case: 'value', value: jsonCodec.pack(value) } }
}

/** What a payload of JSON says. */
export function saidBy({ payload }: Pick<InvocationResponse, 'payload'>): unknown {
  if (payload.case !== 'value') return payload.case
  return jsonCodec.accept(new Packed(payload.value.typeUrl, payload.value.value))
}

function ask(url: string, path: string, body: Uint8Array | null, asked: Asked): Promise<Answer> {
  const { headers = {}, method = 'POST', type = 'application/octet-stream' } = asked
  const where = url.startsWith('unix:')
    ? { socketPath: url.slice('unix:'.length), host: 'localhost' }
    : { host: new URL(url).hostname, port: new URL(url).port }
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        ...where,
        path,
        method,
        agent: false,
        headers: {
          ...(type === null ? {} : { 'content-type': type }),
          'content-length': body?.length ?? 0,
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          })
        })
      },
    )
    request.on('error', reject)
    request.end(body ?? undefined)
  })
}
