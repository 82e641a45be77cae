// Every register and wire of the package against the suites that say what they are.
import { after } from 'node:test'
import { systemClock } from '../../src/base/index.ts'
import { MemoryNetwork, MemoryRegister, SharedEntries } from '../../src/cluster/memory/index.ts'
import { LocalHub, openLocal } from '../../src/cluster/local/index.ts'
import { openNats } from '../../src/cluster/nats/index.ts'
import { type Register, silentLogger, type Wire } from '../../src/ports/index.ts'
import { socketFolder } from '../../src/sockets/index.ts'
import { registerConformance, wireConformance } from '../../src/testing/index.ts'
import { endNats, natsServer, ownCluster } from '../servers/nats.ts'

after(endNats)

const open = async (): Promise<() => ReturnType<typeof openNats>> => {
  const { address } = await natsServer()
  const cluster = ownCluster()
  return () =>
    openNats(
      { servers: [address], identity: null, tls: null },
      { cluster, clock: systemClock, logger: silentLogger },
    )
}

/** A hub of its own; some members are in its process, and others reach it over a socket. */
const openHub = async (
  isNear: (number: number) => boolean,
): Promise<{
  readonly carriers: () => { readonly register: Register; readonly wire: Wire }
  readonly dispose: () => Promise<void>
}> => {
  const folder = await socketFolder()
  const surroundings = { clock: systemClock, logger: silentLogger }
  const hub = new LocalHub({ folder: folder.path, ...surroundings })
  await hub.start()
  let number = 0
  return {
    carriers: () => (isNear(number++) ? hub.carriers() : openLocal(hub.address, surroundings)),
    dispose: async () => {
      await hub.stop()
      await folder.remove()
    },
  }
}

registerConformance('memory', async () => {
  const shared = new SharedEntries()
  return { register: () => new MemoryRegister(shared), dispose: async () => undefined }
})

registerConformance('nats', async () => {
  const nats = await open()
  return { register: () => nats().register, dispose: async () => undefined }
})

for (const [name, isNear] of Object.entries({
  'a hub, from its own process': () => true,
  'a hub, over sockets': () => false,
  'a hub, from both': (number: number) => number % 2 === 0,
})) {
  registerConformance(name, async () => {
    const { carriers, dispose } = await openHub(isNear)
    return { register: () => carriers().register, dispose }
  })

  wireConformance(`of ${name}`, async () => {
    const { carriers, dispose } = await openHub(isNear)
    return { wire: () => carriers().wire, dispose }
  })
}

wireConformance('in memory', async () => {
  const network = new MemoryNetwork({ clock: systemClock })
  return { wire: () => network.wire(), dispose: async () => undefined }
})

wireConformance('of nats', async () => {
  const nats = await open()
  return { wire: () => nats().wire, dispose: async () => undefined }
})
