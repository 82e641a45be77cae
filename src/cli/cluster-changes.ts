// What has changed between two looks at a cluster, as facts and as sentences. Pure. What came and went between two looks is
// not seen, but that the view has changed is.

import { type ClusterAnswer, definitionsOf, isSettled, type MemberRow } from './cluster-answer.ts'

export interface ClusterChange {
  readonly change:
    | 'there'
    | 'joined'
    | 'restarted'
    | 'left'
    | 'up'
    | 'draining'
    | 'drained'
    | 'hosts'
    | 'lease-lost'
    | 'lease-held'
    | 'view'
    | 'settled'
  /** Null: the cluster. */
  readonly member: string | null
  readonly text: string
}

/** @param before null: nothing was seen yet. */
export function changesBetween(before: ClusterAnswer | null, after: ClusterAnswer): ClusterChange[] {
  if (before === null) return [...after.members.map((member) => there(member, after)), ...leaseOf(after)]
  const changes: ClusterChange[] = []
  for (const { id } of before.members)
    if (find(after, id) === undefined) changes.push(of('left', id, 'is gone'))
  for (const member of after.members)
    changes.push(...ofMember(find(before, member.id), member, before, after))
  if (changes.length === 0 && before.epoch !== after.epoch)
    changes.push({ change: 'view', member: null, text: 'the view has changed' })
  if (before.holdsLease !== after.holdsLease && before.self === after.self) changes.push(leaseChange(after))
  if (isAllSettled(after) && !(isAllSettled(before) && before.epoch === after.epoch))
    changes.push({ change: 'settled', member: null, text: 'every actor is where it is to live' })
  return changes
}

function ofMember(
  was: MemberRow | undefined,
  is: MemberRow,
  before: ClusterAnswer,
  after: ClusterAnswer,
): ClusterChange[] {
  const { id } = is
  if (was === undefined) return [of('joined', id, `has joined, ${onNode(is)}`)]
  if (was.startedAt !== is.startedAt) return [of('restarted', id, `is another process now, ${onNode(is)}`)]
  const changes: ClusterChange[] = []
  if (was.phase !== is.phase)
    changes.push(is.phase === 'up' ? of('up', id, 'is up again') : of('draining', id, 'drains'))
  const hosts = definitionsOf(is).join(', ')
  if (hosts !== definitionsOf(was).join(', ')) changes.push(of('hosts', id, `hosts ${hosts || 'nothing'}`))
  if (isDrained(is, after) && !isDrained(was, before)) changes.push(of('drained', id, 'is empty'))
  return changes
}

function there(member: MemberRow, cluster: ClusterAnswer): ClusterChange {
  const { id, phase } = member
  const state = isDrained(member, cluster) ? 'is drained' : phase === 'up' ? 'is up' : 'drains'
  return of('there', id, `${state}, ${onNode(member)}`)
}

/** A lease that is held needs no word in the beginning. */
function leaseOf(cluster: ClusterAnswer): ClusterChange[] {
  return cluster.holdsLease ? [] : [leaseChange(cluster)]
}

function leaseChange({ holdsLease, self }: ClusterAnswer): ClusterChange {
  return holdsLease
    ? of('lease-held', self, 'holds its lease, and serves')
    : of('lease-lost', self, 'holds no lease, and serves nothing')
}

function isAllSettled({ epoch, members }: ClusterAnswer): boolean {
  return members.every((member) => isSettled(member, epoch))
}

function isDrained(member: MemberRow, { epoch }: ClusterAnswer): boolean {
  return member.phase === 'draining' && isSettled(member, epoch)
}

function onNode({ node, version }: MemberRow): string {
  return `on ${node}, version ${version}`
}

function find({ members }: ClusterAnswer, id: string): MemberRow | undefined {
  return members.find((member) => member.id === id)
}

function of(change: ClusterChange['change'], member: string, text: string): ClusterChange {
  return { change, member, text: `${member} ${text}` }
}
