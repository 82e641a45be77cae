// The commands that there are, by the words that call them, in the order of the help. Each is loaded when it is meant: whoever
// starts one waits for no other's.

import type { Command } from '../command.ts'

const LOADS = {
  dev: async () => (await import('./dev.ts')).dev,
  start: async () => (await import('./start.ts')).start,
  proxy: async () => (await import('./proxy.ts')).proxy,
  invoke: async () => (await import('./invoke.ts')).invoke,
  publish: async () => (await import('./publish.ts')).publish,
  systems: async () => (await import('./systems.ts')).systems,
  definitions: async () => (await import('./definitions.ts')).definitions,
  'actors list': async () => (await import('./actors-list.ts')).actorsList,
  'actors get': async () => (await import('./actors-get.ts')).actorsGet,
  'actors history': async () => (await import('./actors-history.ts')).actorsHistory,
  'actors diff': async () => (await import('./actors-diff.ts')).actorsDiff,
  'actors restore': async () => (await import('./actors-restore.ts')).actorsRestore,
  'actors delete': async () => (await import('./actors-delete.ts')).actorsDelete,
  'actors erase': async () => (await import('./actors-erase.ts')).actorsErase,
  facts: async () => (await import('./facts.ts')).facts,
  'schedules list': async () => (await import('./schedules-list.ts')).schedulesList,
  'schedules cancel': async () => (await import('./schedules-cancel.ts')).schedulesCancel,
  'dead-letters list': async () => (await import('./dead-letters-list.ts')).deadLettersList,
  'dead-letters show': async () => (await import('./dead-letters-show.ts')).deadLettersShow,
  'dead-letters retry': async () => (await import('./dead-letters-retry.ts')).deadLettersRetry,
  'dead-letters discard': async () => (await import('./dead-letters-discard.ts')).deadLettersDiscard,
  'cluster members': async () => (await import('./cluster-members.ts')).clusterMembers,
  'cluster where': async () => (await import('./cluster-where.ts')).clusterWhere,
  'cluster drain': async () => (await import('./cluster-drain.ts')).clusterDrain,
  'cluster undrain': async () => (await import('./cluster-undrain.ts')).clusterUndrain,
  'cluster watch': async () => (await import('./cluster-watch.ts')).clusterWatch,
  'store status': async () => (await import('./store-status.ts')).storeStatus,
  'store migrate': async () => (await import('./store-migrate.ts')).storeMigrate,
  'store export': async () => (await import('./store-export.ts')).storeExport,
  'store import': async () => (await import('./store-import.ts')).storeImport,
  'store restore': async () => (await import('./store-restore.ts')).storeRestore,
  'store import-spawn': async () => (await import('./store-import-spawn.ts')).storeImportSpawn,
  'store rehearse': async () => (await import('./store-rehearse.ts')).storeRehearse,
  'store rotate-keys': async () => (await import('./store-rotate-keys.ts')).storeRotateKeys,
  'store erasures': async () => (await import('./store-erasures.ts')).storeErasures,
} as const satisfies Readonly<Record<string, () => Promise<Command>>>

type Name = keyof typeof LOADS

export const NAMES: readonly string[] = Object.keys(LOADS)

/** Null: there is none of that name. */
export async function commandOf(name: string): Promise<Command | null> {
  return Object.hasOwn(LOADS, name) ? LOADS[name as Name]() : null
}

/** All of them, for the help. */
export function allCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(LOADS).map((load) => load()))
}
