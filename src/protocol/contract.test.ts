// The wire contract, number by number: every message, field, enum value, option and rpc that SDKs of other languages rely
// on, written down a second time. A change of the .proto files that another SDK would notice fails here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  getOption,
  ScalarType,
} from '@bufbuild/protobuf'

import { file_spawn_actors_actor, Kind } from './gen/spawn/actors/actor_pb.ts'
import { actor, file_spawn_actors_extensions } from './gen/spawn/actors/extensions_pb.ts'
import { file_spawn_actors_healthcheck, HealthCheckActor } from './gen/spawn/actors/healthcheck_pb.ts'
import { file_spawn_actors_protocol } from './gen/spawn/actors/protocol_pb.ts'
import { file_spawn_actors_state } from './gen/spawn/actors/state_pb.ts'

// `name: number name type · …`, as in a .proto file; a type of the same package without it, google.protobuf's by its name;
// `oneof|` before a member of a oneof.
const CONTRACT: Readonly<Record<string, string>> = {
  'spawn/actors/actor': `
    spawn.actors.Registry: 1 actors map<string, Actor>
    spawn.actors.ActorSystem: 1 name string · 2 registry Registry
    spawn.actors.ActorSnapshotStrategy: 1 timeout strategy|TimeoutStrategy
    spawn.actors.ActorDeactivationStrategy: 1 timeout strategy|TimeoutStrategy
    spawn.actors.TimeoutStrategy: 1 timeout int64
    spawn.actors.Action: 1 name string
    spawn.actors.FixedTimerAction: 1 seconds int32 · 2 action Action
    spawn.actors.ActorState: 1 tags map<string, string> · 2 state Any
    spawn.actors.Metadata: 1 channel_group repeated Channel · 2 tags map<string, string>
    spawn.actors.Channel: 1 topic string · 2 action string
    spawn.actors.ProjectionSubject: 1 actor string · 2 source_action string · 3 action string · 4 start_time Timestamp
    spawn.actors.EventsRetentionStrategy: 1 duration_ms strategy|int64 · 2 infinite strategy|bool
    spawn.actors.ProjectionSettings: 1 subjects repeated ProjectionSubject · 2 sourceable bool · 3 events_retention_strategy EventsRetentionStrategy · 4 strict_events_ordering bool
    spawn.actors.ActorSettings: 1 kind Kind · 2 stateful bool · 3 snapshot_strategy ActorSnapshotStrategy · 4 deactivation_strategy ActorDeactivationStrategy · 5 min_pool_size int32 · 6 max_pool_size int32 · 7 projection_settings ProjectionSettings · 8 state_type string
    spawn.actors.ActorId: 1 name string · 2 system string · 3 parent string
    spawn.actors.Actor: 1 id ActorId · 2 state ActorState · 3 settings ActorSettings · 4 actions repeated Action · 5 timer_actions repeated FixedTimerAction · 6 metadata Metadata
    enum spawn.actors.Kind: 0 UNKNOW_KIND · 1 NAMED · 2 UNNAMED · 3 POOLED · 4 PROXY · 5 TASK · 6 PROJECTION`,
  'spawn/actors/extensions': `
    spawn.actors.ActorOpts: 1 state_type string · 2 stateful bool · 3 deactivate_timeout int64 · 4 snapshot_interval int64 · 5 sourceable bool · 6 strict_events_ordering bool · 7 events_retention_strategy EventsRetentionStrategy · 8 subjects repeated ProjectionSubject · 9 kind Kind
    spawn.actors.ActorViewOption: 1 query string · 2 map_to string · 3 page_size int32
    extend google.protobuf.FieldOptions: 9999 actor_id bool
    extend google.protobuf.FieldOptions: 4890129 searchable bool
    extend google.protobuf.MethodOptions: 4890127 view ActorViewOption
    extend google.protobuf.ServiceOptions: 4890128 actor ActorOpts`,
  'spawn/actors/protocol': `
    spawn.Context: 1 state Any · 2 caller ActorId · 3 self ActorId · 4 metadata map<string, string> · 5 tags map<string, string>
    spawn.Noop:
    spawn.JSONType: 1 content string
    spawn.RegistrationRequest: 1 service_info ServiceInfo · 2 actor_system ActorSystem
    spawn.RegistrationResponse: 1 status RequestStatus · 2 proxy_info ProxyInfo
    spawn.ServiceInfo: 1 service_name string · 2 service_version string · 3 service_runtime string · 4 support_library_name string · 5 support_library_version string · 6 protocol_major_version int32 · 7 protocol_minor_version int32
    spawn.ProxyInfo: 1 protocol_major_version int32 · 2 protocol_minor_version int32 · 3 proxy_name string · 4 proxy_version string
    spawn.SpawnRequest: 1 actors repeated ActorId
    spawn.SpawnResponse: 1 status RequestStatus
    spawn.SideEffect: 1 request InvocationRequest
    spawn.Broadcast: 1 channel_group string · 3 value payload|Any · 4 noop payload|Noop
    spawn.Pipe: 1 actor string · 2 action_name string · 3 register_ref string
    spawn.Forward: 1 actor string · 2 action_name string · 3 register_ref string
    spawn.Fact: 1 uuid string · 2 state Any · 3 metadata map<string, string> · 4 timestamp Timestamp
    spawn.Workflow: 1 effects repeated SideEffect · 2 broadcast Broadcast · 3 pipe routing|Pipe · 4 forward routing|Forward
    spawn.InvocationRequest: 1 system ActorSystem · 2 actor Actor · 3 action_name string · 4 value payload|Any · 5 async bool · 6 caller ActorId · 7 noop payload|Noop · 8 metadata map<string, string> · 9 scheduled_to int64 · 10 pooled bool · 11 register_ref string
    spawn.ActorInvocation: 1 actor ActorId · 2 action_name string · 3 current_context Context · 4 value payload|Any · 5 noop payload|Noop · 6 caller ActorId
    spawn.ActorInvocationResponse: 1 actor_name string · 2 actor_system string · 3 updated_context Context · 4 value payload|Any · 5 workflow Workflow · 6 noop payload|Noop · 7 checkpoint bool
    spawn.InvocationResponse: 1 status RequestStatus · 2 system ActorSystem · 3 actor Actor · 4 value payload|Any · 5 noop payload|Noop
    spawn.RequestStatus: 1 status Status · 2 message string
    enum spawn.Status: 0 UNKNOWN · 1 OK · 2 ACTOR_NOT_FOUND · 3 ERROR`,
  'spawn/actors/state': `
    spawn.state.Revision: 1 value int64
    spawn.state.Checkpoint: 1 revision Revision · 2 state ActorState`,
  'spawn/actors/healthcheck': `
    spawn.actors.healthcheck.Status: 1 status string · 2 details string · 3 updated_at Timestamp
    spawn.actors.healthcheck.HealthCheckReply: 1 status Status
    rpc spawn.actors.healthcheck.HealthCheckActor.Liveness: Empty → HealthCheckReply
    rpc spawn.actors.healthcheck.HealthCheckActor.Readiness: Empty → HealthCheckReply`,
}

const FILES = [
  file_spawn_actors_actor,
  file_spawn_actors_extensions,
  file_spawn_actors_protocol,
  file_spawn_actors_state,
  file_spawn_actors_healthcheck,
]

/** The last part of a full name: no two types that the contract uses share it within one file. */
const shortName = (desc: DescMessage | DescEnum): string => desc.name

function typeOf(field: DescField | Pick<DescField, 'message' | 'enum' | 'scalar'>): string {
  if (field.message !== undefined) return shortName(field.message)
  if (field.enum !== undefined) return shortName(field.enum)
  return field.scalar === undefined ? '?' : ScalarType[field.scalar].toLowerCase()
}

function lineOf(field: DescField): string {
  const single = typeOf(field)
  switch (field.fieldKind) {
    case 'list':
      return `${field.number} ${field.name} repeated ${single}`
    case 'map':
      return `${field.number} ${field.name} map<${ScalarType[field.mapKey].toLowerCase()}, ${single}>`
    default:
      return `${field.number} ${field.name} ${field.oneof === undefined ? '' : `${field.oneof.name}|`}${single}`
  }
}

function linesOf(file: DescFile): string[] {
  return [
    ...file.messages.map(({ typeName, fields }) => {
      const numbered = fields.toSorted((left, right) => left.number - right.number)
      return `${typeName}: ${numbered.map(lineOf).join(' · ')}`.trim()
    }),
    ...file.enums.map(
      ({ typeName, values }) =>
        `enum ${typeName}: ${values.map((one) => `${one.number} ${one.name}`).join(' · ')}`,
    ),
    ...file.extensions.map(
      (one) => `extend ${one.extendee.typeName}: ${one.number} ${one.name} ${typeOf(one)}`,
    ),
    ...file.services.flatMap(({ typeName, methods }) =>
      methods.map((one) => `rpc ${typeName}.${one.name}: ${shortName(one.input)} → ${shortName(one.output)}`),
    ),
  ]
}

for (const file of FILES) {
  test(`${file.name}.proto says what the contract says, and no more`, () => {
    const expected = (CONTRACT[file.name] ?? '').trim().split(/\n\s*/)
    assert.deepEqual(linesOf(file).toSorted(), expected.toSorted())
    assert.equal(file.proto.syntax, 'proto3')
    assert.deepEqual(
      file.messages.flatMap(({ nestedMessages, nestedEnums }) => [...nestedMessages, ...nestedEnums]),
      [],
    )
  })
}

test('the health service is a named actor without state', () => {
  const options = getOption(HealthCheckActor, actor)
  assert.equal(options.kind, Kind.NAMED)
  assert.equal(options.stateful, false)
})
