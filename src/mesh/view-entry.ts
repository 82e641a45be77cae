// The view as an entry of the register: JSON, in which each definition and each member stands once, though several views name
// it: a hundred definitions on eight members stay far below what a register takes. Decides how it is written, and refuses
// what is not as it must be: a view that was read wrongly would give an actor to two members.

import type { HostedDefinition, Placement } from '../ports/index.ts'
import { EntryFields } from './entry-fields.ts'
import type { View, ViewDefinition, ViewMember, ViewRecord } from './view.ts'

export const VIEW_KEY = 'view'

/** Of the writing: raised when what an older program reads of it would be wrong. */
const FORMAT = 1

/** Things that are named by their places, each once. */
class Table<T> {
  readonly rows: unknown[] = []
  readonly #places = new Map<string, number>()
  readonly #write: (item: T) => unknown

  constructor(write: (item: T) => unknown) {
    this.#write = write
  }

  place(item: T): number {
    const row = this.#write(item)
    const key = JSON.stringify(row)
    const known = this.#places.get(key)
    if (known !== undefined) return known
    const place = this.rows.push(row) - 1
    this.#places.set(key, place)
    return place
  }
}

export function writeView({ current, since, unsettled }: ViewRecord): string {
  const definitions = new Table<ViewDefinition>(({ hosted, system }) => ({ system, ...hosted }))
  const members = new Table<ViewMember>(({ hosts, ...member }) => {
    return { ...member, hosts: hosts.map((host) => definitions.place(host)) }
  })
  const views = [...unsettled, current].map(({ epoch, members: those }) => {
    return { epoch, members: those.map((member) => members.place(member)) }
  })
  return JSON.stringify({
    format: FORMAT,
    since,
    views,
    members: members.rows,
    definitions: definitions.rows,
  })
}

/** A member as all others will read it: two of the same members are equal as JSON, too. */
export function asRead(member: ViewMember): ViewMember {
  const { current } = readView(
    writeView({ current: { epoch: 1, members: [member] }, unsettled: [], since: 0 }),
  )
  return current.members[0] as ViewMember
}

/** @throws SpawnError MEMBER_UNAVAILABLE that says what cannot be read. */
export function readView(text: string): ViewRecord {
  const fields = EntryFields.of(VIEW_KEY, text)
  if (fields.whole('format', 1) !== FORMAT) throw fields.fault('format', `is not ${FORMAT}`)
  const definitions = fields.objects('definitions').map(readDefinition)
  const members = fields.objects('members').map((member) => readMember(member, definitions))
  const views = fields.objects('views').map((view): View => {
    const places = view.places('members', members.length)
    return { epoch: view.whole('epoch', 1), members: places.map((place) => members[place] as ViewMember) }
  })
  const current = views.at(-1)
  if (current === undefined) throw fields.fault('views', 'is empty')
  for (const [at, { epoch, members: those }] of views.entries()) {
    if (at > 0 && epoch <= (views[at - 1] as View).epoch) throw fields.fault('views', 'is out of order')
    if (new Set(those.map(({ id }) => id)).size < those.length)
      throw fields.fault('views', 'has a member twice')
  }
  return { current, unsettled: views.slice(0, -1), since: fields.whole('since', 0) }
}

function readMember(fields: EntryFields, definitions: readonly ViewDefinition[]): ViewMember {
  const hosts = fields
    .places('hosts', definitions.length)
    .map((place) => definitions[place] as ViewDefinition)
  return {
    id: fields.text('id'),
    session: fields.text('session'),
    node: fields.text('node'),
    zone: fields.text('zone'),
    labels: fields.texts('labels'),
    capacity: fields.positive('capacity'),
    version: fields.text('version'),
    startedAtMs: fields.whole('startedAtMs', 0),
    phase: fields.oneOf('phase', ['up', 'draining']),
    hosts,
  }
}

function readDefinition(fields: EntryFields): ViewDefinition {
  const channels = fields.list('channels').map((pair: unknown): readonly [string, string] => {
    const [channel, action, more]: readonly unknown[] = Array.isArray(pair) ? (pair as unknown[]) : []
    if (typeof channel !== 'string' || typeof action !== 'string' || more !== undefined)
      throw fields.fault('channels', 'has something that is no pair of texts')
    return [channel, action]
  })
  const hosted: HostedDefinition = {
    name: fields.text('name'),
    kind: fields.oneOf('kind', ['named', 'unnamed', 'pooled']),
    stateful: fields.flag('stateful'),
    placement: readPlacement(fields.object('placement')),
    channels,
    ...(fields.isSet('outOfReach') && { outOfReach: true }),
  }
  return { system: fields.text('system'), hosted }
}

function readPlacement(fields: EntryFields): Placement {
  const by = fields.oneOf('by', ['hash', 'local', 'zone', 'labels'])
  if (by === 'zone') return { by, zone: fields.text('zone') }
  if (by === 'labels') return { by, labels: fields.texts('labels') }
  return { by }
}
