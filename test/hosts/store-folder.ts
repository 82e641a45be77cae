// A folder for the store of one world, and copies of it: what is on the disk at a moment is what a crash would leave.

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class StoreFolder {
  readonly path: string

  constructor(from?: StoreFolder) {
    this.path = mkdtempSync(join(tmpdir(), 'spawn-host-'))
    if (from !== undefined) cpSync(from.path, this.path, { recursive: true })
  }

  get file(): string {
    return join(this.path, 'store.db')
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
