// What a call says beside its target, whoever makes it: an application, a turn, another member, a door.

import type { CancelSignal } from '../base/index.ts'
import type { Call, Metadata } from '../ports/index.ts'

export const NO_METADATA: Metadata = Object.freeze({})

export type Terms = Omit<Partial<Call>, 'signal'> & { readonly signal?: CancelSignal | undefined }

/** A call that has come from another member. It asks for a receipt. */
export interface Arrived extends Terms {
  readonly action: string
  readonly arrived: true
}

/** A call of a door that hands values on as they are: its answer from another system stays as it came. */
export interface Opaque extends Call {
  readonly opaque: true
}
