// From the target of a request to the route that answers it. Paths of actors are protocol/paths.ts's to read, those of the
// cluster cluster-paths.ts's; here is a
// short cut for the one that nearly every request takes, which gives the same answer or none. Methods, queries and bodies
// are the routes' business.

import {
  actorsPath,
  type ApiPath,
  type ClusterPath,
  parseClusterPath,
  parsePath,
  SYSTEMS_PATH,
} from '../protocol/index.ts'

export type Route =
  | ApiPath
  | ClusterPath
  | { readonly kind: 'root' }
  | { readonly kind: 'liveness' }
  | { readonly kind: 'readiness' }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'systems' }
  /** Kept for hosts of other languages, where nobody serves them. */
  | { readonly kind: 'wire' }

const FIXED: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/', { kind: 'root' }],
  ['/health', { kind: 'liveness' }],
  ['/health/liveness', { kind: 'liveness' }],
  ['/health/readiness', { kind: 'readiness' }],
  ['/metrics', { kind: 'metrics' }],
  [SYSTEMS_PATH, { kind: 'systems' }],
])

const WIRE_INVOKE = /^\/api\/v1\/system\/[^/]+\/actors\/[^/]+\/invoke$/
const WIRE_SPAWN = /^\/api\/v1\/system\/[^/]+\/actors\/spawn$/

const ACTIONS = '/actions/'

/** Splits a target into its path and its query. A target may name the host in front, as a client of a proxy writes it. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const own = target.startsWith('/') ? target : withoutHost(target)
  const mark = own.indexOf('?')
  return mark === -1 ? { path: own, query: '' } : { path: own.slice(0, mark), query: own.slice(mark + 1) }
}

function withoutHost(target: string): string {
  const host = /^https?:\/\/[^/?]*/i.exec(target)?.[0]
  if (host === undefined) return target
  const rest = target.slice(host.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

export class Router {
  readonly #system: string
  readonly #actorsPrefix: string

  /** @param system the one whose actors are called here. */
  constructor(system: string) {
    this.#system = system
    this.#actorsPrefix = `${actorsPath(system)}/`
  }

  /**
   * The route of a path; null: there is none.
   *
   * @throws SpawnError INVALID_ARGUMENT when a name in the path is empty or wrongly encoded.
   */
  match(method: string, path: string): Route | null {
    const short = method === 'POST' ? this.#plainAction(path) : null
    if (short !== null) return short
    if (isWire(method, path)) return { kind: 'wire' }
    const fixed = FIXED.get(path)
    if (fixed !== undefined) return fixed
    return parsePath(path) ?? parseClusterPath(path)
  }

  /** An action of this system whose names stand in the path as they are; null: not that simple, or something else. */
  #plainAction(path: string): Route | null {
    const start = this.#actorsPrefix.length
    if (!path.startsWith(this.#actorsPrefix)) return null
    const end = path.indexOf('/', start)
    if (end <= start || !path.startsWith(ACTIONS, end)) return null
    const actor = path.slice(start, end)
    const action = path.slice(end + ACTIONS.length)
    if (!isPlain(actor) || !isPlain(action)) return null
    return { kind: 'action', system: this.#system, actor, action }
  }
}

function isWire(method: string, path: string): boolean {
  if (WIRE_INVOKE.test(path)) return true
  return method === 'POST' && (path === SYSTEMS_PATH || WIRE_SPAWN.test(path))
}

/** Letters, digits and `-._~`: what no client encodes. A first `=` or `.` has a meaning in a path and is not plain. */
function isPlain(name: string): boolean {
  for (let at = 0; at < name.length; at += 1) {
    const unit = name.charCodeAt(at)
    const plain =
      (unit >= 0x61 && unit <= 0x7a) ||
      (unit >= 0x30 && unit <= 0x39) ||
      (unit >= 0x41 && unit <= 0x5a) ||
      unit === 0x2d ||
      unit === 0x5f ||
      unit === 0x7e ||
      (unit === 0x2e && at > 0)
    if (!plain) return false
  }
  return name !== ''
}
