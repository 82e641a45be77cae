// The actor room: one member's actors, their turns and their commits. Start reading at turn.ts.

export { decodeState } from './life/loader.ts'
export { Pruning } from './past/pruning.ts'
export { Runtime } from './runtime.ts'
export { headerOf, letterFrom, recipientOf } from './post/letter.ts'
