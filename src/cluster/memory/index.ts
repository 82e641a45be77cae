// A cluster within one process: the reference of what register and wire promise, for tests and for members on one machine.

export { MemoryRegister, SharedEntries } from '../shared-register.ts'
export { MemoryNetwork } from './wire.ts'
