// A directory like an application's: a package with `spawn-mesh` installed (a link to this checkout) and the given files.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Project extends Disposable {
  readonly path: string
  /** Writes a file, whole. */
  write(name: string, content: string): void
}

export function createProject(files: Readonly<Record<string, string>> = {}): Project {
  const path = mkdtempSync(join(tmpdir(), 'spawn-project-'))
  const write = (name: string, content: string): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  write('package.json', '{ "name": "an-application", "type": "module", "private": true }')
  mkdirSync(join(path, 'node_modules'))
  symlinkSync(ROOT, join(path, 'node_modules/spawn-mesh'), 'dir')
  for (const [name, content] of Object.entries(files)) write(name, content)
  return { path, write, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
