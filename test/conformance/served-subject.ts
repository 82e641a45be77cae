// A store that is served to another process, over the store of any suite: asked over a socket, and served in this process.
// Decides what a crash is: the connection is cut, the store behind crashes, and it is served again.

import { silentLogger, type Statestore } from '../../src/ports/index.ts'
import { systemClock } from '../../src/base/index.ts'
import { socketFolder } from '../../src/sockets/index.ts'
import { openServed, type ServedStore, StoreServer } from '../../src/stores/served/index.ts'
import type { StatestoreSection, StatestoreSubject } from '../../src/testing/index.ts'

interface Serving {
  readonly server: StoreServer
  readonly store: ServedStore
}

/**
 * What of a served store depends on the one behind it: how its frames go, what it has, how it starts and stops, and what a crash
 * leaves. All of the suite runs over a served store in memory.
 */
export const SERVED_SECTIONS: readonly StatestoreSection[] = [
  'commits',
  'outbox',
  'archive',
  'schema',
  'life',
  'durability',
]

export function serving(open: () => Promise<StatestoreSubject>): () => Promise<StatestoreSubject> {
  return async () => {
    const folder = await socketFolder()
    const { crash, dispose, reopen, store } = await open()
    const serve = async (behind: Statestore): Promise<Serving> => {
      const server = new StoreServer({
        store: behind,
        folder: folder.path,
        clock: systemClock,
        logger: silentLogger,
      })
      await server.start()
      const asking = await openServed(server.address, { clock: systemClock })
      await asking.start()
      return { server, store: asking }
    }
    let served = await serve(store)
    return {
      store: served.store,
      dispose: async () => {
        await served.store.stop()
        await served.server.stop()
        await dispose()
        await folder.remove()
      },
      ...(reopen !== undefined && {
        reopen: async () => {
          await served.store.stop()
          await served.server.stop()
          served = await serve(await reopen())
          return served.store
        },
      }),
      ...(crash !== undefined && {
        crash: async () => {
          const next = await crash()
          await served.server.stop()
          served = await serve(next)
          return served.store
        },
      }),
    }
  }
}
