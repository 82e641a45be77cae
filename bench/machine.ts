// What the numbers were measured on, as one can find out without asking a person.

import { statfs } from 'node:fs/promises'
import { cpus, loadavg, release, totalmem, type } from 'node:os'

/** The magic numbers that statfs(2) answers with. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x2fc12fc1: 'zfs',
  0x794c7630: 'overlay',
  0x01021994: 'tmpfs (memory: what is said of durable calls means nothing here)',
}

const GIGABYTE = 1e9

/** @param directory where the databases are made. */
export async function machineText(directory: string): Promise<string> {
  const processors = cpus()
  const facts = [
    `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
    `${(totalmem() / GIGABYTE).toFixed(0)} GB`,
    `${type()} ${release()}`,
    await fileSystem(directory),
    `Node ${process.versions.node}`,
    `SQLite ${process.versions['sqlite'] ?? 'unknown'}`,
  ]
  return facts.join(', ')
}

/** Processes that wanted a processor in the last minute, on average: what else goes on. */
export function loadText(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}

async function fileSystem(directory: string): Promise<string> {
  const magic = (await statfs(directory)).type
  return FILE_SYSTEMS[magic] ?? `file system 0x${magic.toString(16)}`
}
