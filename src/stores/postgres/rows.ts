// The columns that a statement asks for, in the order in which sql/rows.ts reads them.

/** The columns of an actor's revision, without its address and its state; and the state's. */
export const REVISION = 'revision, birth, epoch, committed_at_ms, tags'
export const STATE = 'state_type, state'
/** The columns of an envelope. */
export const ENVELOPE = 'id, place, box, due_at_ms, header, payload_type, payload'
