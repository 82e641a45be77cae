// The actor room: one member's actors, their turns and their commits. Start reading at turn.ts.

export { decodeState } from './loader.ts'
export { Pruning } from './pruning.ts'
export { Runtime } from './runtime.ts'
export { letterFrom, recipientOf } from './letter.ts'
