// Moving house: all rows of a store as a file, and rows from anywhere into a store.

export { type Exported, exportStore } from './export.ts'
export { FileSource } from './file-source.ts'
export { checkTarget, countParts, type IntakeOptions, takeIn, type TakenIn } from './intake.ts'
export { PartFile } from './part-file.ts'
export { type RestoreCounts, RestoreSource, type Unreached } from './restore.ts'
export type { RowCounts } from './row-counts.ts'
export { holdsSealed } from './sealed-rows.ts'
export { type SpawnNotice, SpawnSource } from './spawn-source.ts'
