// What `spawn-mesh/protocol` is to applications: both doors of this room.

export * from './index.ts'
export * from './protobuf/index.ts'
