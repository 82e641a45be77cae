// The commands that there are, in the order of the help.

import type { Command } from '../command.ts'
import { actorsDelete } from './actors-delete.ts'
import { actorsDiff } from './actors-diff.ts'
import { actorsErase } from './actors-erase.ts'
import { actorsGet } from './actors-get.ts'
import { actorsHistory } from './actors-history.ts'
import { actorsList } from './actors-list.ts'
import { actorsRestore } from './actors-restore.ts'
import { clusterDrain } from './cluster-drain.ts'
import { clusterMembers } from './cluster-members.ts'
import { clusterUndrain } from './cluster-undrain.ts'
import { clusterWatch } from './cluster-watch.ts'
import { clusterWhere } from './cluster-where.ts'
import { deadLettersDiscard } from './dead-letters-discard.ts'
import { deadLettersList } from './dead-letters-list.ts'
import { deadLettersRetry } from './dead-letters-retry.ts'
import { deadLettersShow } from './dead-letters-show.ts'
import { dev } from './dev.ts'
import { invoke } from './invoke.ts'
import { proxy } from './proxy.ts'
import { publish } from './publish.ts'
import { schedulesCancel } from './schedules-cancel.ts'
import { schedulesList } from './schedules-list.ts'
import { start } from './start.ts'
import { storeErasures } from './store-erasures.ts'
import { storeExport } from './store-export.ts'
import { storeImport } from './store-import.ts'
import { storeImportSpawn } from './store-import-spawn.ts'
import { storeMigrate } from './store-migrate.ts'
import { storeRehearse } from './store-rehearse.ts'
import { storeRestore } from './store-restore.ts'
import { storeRotateKeys } from './store-rotate-keys.ts'
import { storeStatus } from './store-status.ts'

export const COMMANDS: readonly Command[] = [
  dev,
  start,
  proxy,
  invoke,
  publish,
  actorsList,
  actorsGet,
  actorsHistory,
  actorsDiff,
  actorsRestore,
  actorsDelete,
  actorsErase,
  schedulesList,
  schedulesCancel,
  deadLettersList,
  deadLettersShow,
  deadLettersRetry,
  deadLettersDiscard,
  clusterMembers,
  clusterWhere,
  clusterDrain,
  clusterUndrain,
  clusterWatch,
  storeStatus,
  storeMigrate,
  storeExport,
  storeImport,
  storeRestore,
  storeImportSpawn,
  storeRehearse,
  storeRotateKeys,
  storeErasures,
]
