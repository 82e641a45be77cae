// Every register and wire of the package against the suites that say what they are.
import { after } from 'node:test'
import { systemClock } from '../../src/base/index.ts'
import { MemoryNetwork, MemoryRegister, SharedEntries } from '../../src/cluster/memory/index.ts'
import { openNats } from '../../src/cluster/nats/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
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

registerConformance('memory', async () => {
  const shared = new SharedEntries()
  return { register: () => new MemoryRegister(shared), dispose: async () => undefined }
})

registerConformance('nats', async () => {
  const nats = await open()
  return { register: () => nats().register, dispose: async () => undefined }
})

wireConformance('in memory', async () => {
  const network = new MemoryNetwork({ clock: systemClock })
  return { wire: () => network.wire(), dispose: async () => undefined }
})

wireConformance('of nats', async () => {
  const nats = await open()
  return { wire: () => nats().wire, dispose: async () => undefined }
})
