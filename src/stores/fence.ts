// The fence of ports/statestore.ts: whether a commit or a delete may be applied to what stands. Decides that and nothing
// else; what a refusal means for the rest of a group is the store's affair.

/** Which revision of which incarnation stands. */
export interface Standing {
  readonly revision: number
  readonly birth: number
}

export const NOTHING_STANDS: Standing = Object.freeze({ revision: 0, birth: 0 })

/** Where nothing is stored there is no incarnation to compare: then any birth fits. */
export function mayFollow(
  stands: Standing,
  { birth, follows }: { readonly birth: number; readonly follows: number },
): boolean {
  return stands.revision === follows && (follows === 0 || stands.birth === birth)
}
