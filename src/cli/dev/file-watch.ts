// Watches single files and tells when their contents changed. It watches folders, because editors replace a file rather
// than write it, and compares stamps, because systems report more events than there are changes.

import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Clock, Timer } from '../../base/index.ts'
import type { Stamp } from './messages.ts'
import { stampOf } from './stamp.ts'

/** Editors and formatters write in several steps; a change is told when nothing has happened for this long. */
const QUIET_MS = 30

interface Folder {
  readonly watcher: FSWatcher
  readonly stamps: Map<string, Stamp>
}

export interface FileWatchOptions {
  readonly clock: Clock
  /** The files that changed since the last time. */
  readonly onChange: (files: readonly string[]) => void
  /** A folder that cannot be watched; told once for each. */
  readonly onBlind: (folder: string, error: unknown) => void
}

export class FileWatch {
  readonly #options: FileWatchOptions
  readonly #folders = new Map<string, Folder | null>()
  readonly #changed = new Set<string>()
  #quiet: Timer | null = null

  constructor(options: FileWatchOptions) {
    this.#options = options
  }

  /** @param stamp of the content that is known; the file has changed when it differs. Default: what stands there now. */
  add(file: string, stamp?: Stamp): void {
    // First watch, then look: a change between the two is seen by one of them.
    const folder = this.#folder(dirname(file))
    folder?.stamps.set(basename(file), stamp ?? stampOf(file))
    if (stamp !== undefined) this.#check(dirname(file), basename(file))
  }

  close(): void {
    this.#quiet?.cancel()
    for (const folder of this.#folders.values()) folder?.watcher.close()
    this.#folders.clear()
  }

  #folder(path: string): Folder | null {
    const known = this.#folders.get(path)
    if (known !== undefined) return known
    const folder = this.#open(path)
    this.#folders.set(path, folder)
    return folder
  }

  #open(path: string): Folder | null {
    const stamps = new Map<string, Stamp>()
    try {
      const watcher = watch(path, (_event, name) => {
        if (name !== null) this.#check(path, name)
        else for (const each of stamps.keys()) this.#check(path, each)
      })
      watcher.on('error', (error) => this.#options.onBlind(path, error))
      return { watcher, stamps }
    } catch (error) {
      this.#options.onBlind(path, error)
      return null
    }
  }

  #check(path: string, name: string): void {
    const stamps = this.#folders.get(path)?.stamps
    const before = stamps?.get(name)
    if (before === undefined) return
    const file = join(path, name)
    const now = stampOf(file)
    if (now === before) return
    stamps?.set(name, now)
    this.#changed.add(file)
    this.#quiet?.cancel()
    this.#quiet = this.#options.clock.after(QUIET_MS, () => this.#tell())
  }

  #tell(): void {
    const files = [...this.#changed]
    this.#changed.clear()
    this.#options.onChange(files)
  }
}
