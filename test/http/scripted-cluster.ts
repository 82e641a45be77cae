// A cluster view that tests write: members that come, go and change phase when a test says so. It stands behind the listener
// in tests of HTTP and of the command; what a real member shows is tested with mesh/.

import type { SpawnError } from '../../src/base/index.ts'
import type {
  ClusterStatus,
  ClusterView,
  HostedDefinition,
  MemberView,
  Whereabouts,
} from '../../src/ports/index.ts'

export function hosted(name: string, over: Partial<HostedDefinition> = {}): HostedDefinition {
  return { name, kind: 'named', stateful: true, placement: { by: 'hash' }, channels: [], ...over }
}

export const USER = hosted('user', { kind: 'unnamed' })

export function member(id: string, over: Partial<MemberView> = {}): MemberView {
  return {
    id,
    node: `node-${id}`,
    zone: '',
    labels: {},
    capacity: 1,
    version: '0.1.0',
    startedAtMs: 1_700_000_000_000,
    phase: 'up',
    acked: 1,
    seenMsAgo: 400.25,
    systems: [{ name: 'my-system', definitions: [hosted('till'), USER] }],
    ...over,
  }
}

export class ScriptedCluster implements ClusterView {
  self = 'a'
  epoch = 1
  holdsLease = true
  leaseAgeMs = 812.6
  members: readonly MemberView[] = []
  /** What `whereabouts` answers; by default all actors live on the first member. */
  lives: (definition: string, name: string) => Partial<Whereabouts> = () => ({})
  /** Runs once a phase is agreed: what the member does then. */
  agreed: (member: string, phase: MemberView['phase']) => void = () => {}
  /** What `setPhase` fails with. */
  refusal: SpawnError | null = null
  readonly asked: unknown[] = []
  /** How often the status was asked for. */
  looks = 0

  constructor(...members: readonly MemberView[]) {
    this.members = members
  }

  /** A later view, with other members. */
  view(...members: readonly MemberView[]): void {
    this.epoch += 1
    this.members = members
  }

  /** A member acknowledges the view that stands. */
  settle(id: string): void {
    this.#change(id, { acked: this.epoch })
  }

  status(): ClusterStatus {
    this.looks += 1
    const { epoch, holdsLease, leaseAgeMs, members, self } = this
    const counts = {
      forwarded: 7,
      received: 6,
      rerouted: 5,
      fetched: 4,
      released: 3,
      handed: 2,
      unhanded: 1,
      views: epoch,
      leasesLost: 8,
    }
    return { self, epoch, holdsLease, leaseAgeMs, leaseMs: 6_000, members, counts }
  }

  whereabouts(system: string, definition: string, name: string): Whereabouts {
    this.asked.push({ system, definition, name })
    const member = this.members[0]?.id ?? null
    return { member, reason: null, isServed: true, ...this.lives(definition, name) }
  }

  async setPhase(id: string, phase: MemberView['phase']): Promise<void> {
    this.asked.push({ id, phase })
    if (this.refusal !== null) throw this.refusal
    this.epoch += 1
    this.#change(id, { phase })
    this.agreed(id, phase)
  }

  #change(id: string, over: Partial<MemberView>): void {
    this.members = this.members.map((each) => (each.id === id ? { ...each, ...over } : each))
  }
}
