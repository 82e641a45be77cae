// The columns that a statement asks for, of a table `a`, in the order in which sql/rows.ts reads them.

/** The columns of an actor's revision, without its address and its state; and the state's. */
export const REVISION = 'a.revision, a.birth, a.epoch, a.committed_at_ms, a.tags'
export const STATE = 'a.state_type, a.state'
/** The columns of an envelope. */
export const ENVELOPE = 'a.id, a.place, a.box, a.due_at_ms, a.header, a.payload_type, a.payload'
