// Groups of commits for a store file, as the store's thread hands them over.
import type { Commit } from '../src/ports/index.ts'
import { FrameWriter } from '../src/stores/frames/frame.ts'
import type { StoreFile } from '../src/stores/sqlite/store-file.ts'

/** Commits them in one batch. @returns for each group the places in it of the commits that met a conflict. */
export function commitGroups(store: StoreFile, ...groups: readonly (readonly Commit[])[]): number[][] {
  let told: number[][] = []
  store.commit(
    groups.map((group) => new FrameWriter().pack(group)),
    (conflicts) => {
      told = conflicts
    },
  )
  return told
}
