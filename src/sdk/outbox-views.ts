// Schedules and dead letters as an application sees them: what the gateway has, with options that are checked.

import type { DeadLetters, Gateway, PageRequest, Schedules } from '../ports/index.ts'
import { Settings } from './settings.ts'

export function schedulesOf(gateway: Gateway): Schedules {
  return {
    list: async (page) => gateway.schedules.list(pageOf('schedules.list', page)),
    cancel: (id) => gateway.schedules.cancel(id),
  }
}

export function deadLettersOf(gateway: Gateway): DeadLetters {
  return {
    list: async (page) => gateway.deadLetters.list(pageOf('deadLetters.list', page)),
    get: (id) => gateway.deadLetters.get(id),
    retry: (id) => gateway.deadLetters.retry(id),
    discard: (id) => gateway.deadLetters.discard(id),
  }
}

/** @throws SpawnError INVALID_ARGUMENT for an option that does not exist. */
function pageOf(method: string, page: Partial<PageRequest> = {}): Partial<PageRequest> {
  void new Settings(method, page, ['limit', 'after'])
  return page
}
