// A call that a newcomer can paste. TypeScript's types are gone when a program runs, so the payload is a guess: the fields
// that the handler takes apart, filled with ones or a text, whichever the action's codec accepts. It is shown and never
// sent; when nothing fits, the sample reads the state, which always works.

import { actionPath, Json } from '../../protocol/index.ts'
import type { ActorDefinition } from '../../sdk/index.ts'

type Action = ActorDefinition['actions'] extends ReadonlyMap<string, infer Each> ? Each : never

/** More fields than this have too many combinations to try. */
const MOST_FIELDS = 4

/** A curl line; null when there is nothing to call. */
export function sampleCall(
  url: string,
  system: string,
  definitions: readonly ActorDefinition[],
): string | null {
  const [definition] = definitions
  if (definition === undefined) return null
  for (const action of definition.actions.values()) {
    if (action === definition.initAction) continue
    const payload = samplePayload(action)
    if (payload !== null) return curlLine(url, system, definition, action.name, payload)
  }
  return definition.state === null ? null : curlLine(url, system, definition, 'get', '')
}

function curlLine(
  url: string,
  system: string,
  { kind, name }: ActorDefinition,
  action: string,
  payload: string,
): string {
  const actor = kind === 'unnamed' ? `${name}-1` : name
  const query = kind === 'unnamed' ? `?${new URLSearchParams({ ref: name }).toString()}` : ''
  const address = quoted(`${url}${actionPath({ system, name: actor }, action)}${query}`)
  return `curl -X POST ${address}${payload === '' ? '' : ` -d ${quoted(payload)}`}`
}

/** As JSON; empty when the action takes none; null when none was found that the action's codec accepts. */
function samplePayload({ handler, payload: codec }: Action): string | null {
  if (handler.length < 2) return ''
  const fields = fieldsOf(handler)
  if (fields === null || fields.length > MOST_FIELDS) return null
  for (let mask = 0; mask < 2 ** fields.length; mask += 1) {
    const values = fields.map((field, bit) => [field, (mask >> bit) % 2 === 0 ? 1 : 'text'] as const)
    const candidate = Object.fromEntries(values)
    if (accepts(codec, candidate)) return JSON.stringify(candidate)
  }
  return null
}

function accepts(codec: Action['payload'], candidate: unknown): boolean {
  try {
    codec.accept(new Json(candidate))
    return true
  } catch {
    // Not this one.
    return false
  }
}

/** The names in `(ctx, { value, unit = 'm' }) => …`; null when the payload is not taken apart there. */
function fieldsOf(handler: (...args: never) => unknown): string[] | null {
  const source = Function.prototype.toString.call(handler)
  const pattern = /^[^(]*\(\s*[\w$]+\s*,\s*\{([^{}]*)\}/.exec(source)?.[1]
  if (pattern === undefined) return null
  const fields = pattern.split(',').map((part) => /^\s*([\w$]+)/.exec(part)?.[1])
  return fields.filter((field) => field !== undefined)
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
