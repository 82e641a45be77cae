// Which test files share a process: starting one and loading what is tested takes longer than most unit tests do. Decides it by
// the folder and by what the file names: one that touches what a process has only once (its environment, its children, its
// signals, mocks, hooks of the whole run) has a process to itself. The tests of a group still run one after the other, each
// is told with its own file, and one that hangs fails by its name.

import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Where tests are of functions and objects, in memory. One group each. */
const FOLDERS: readonly string[] = ['bench/', 'src/', 'test/actor/', 'test/mesh/', 'test/sdk/']

const IS_ALONE =
  /node:(?:child_process|worker_threads|inspector|http|net)|process\.|globalThis|\bmock\b|\bgc\b|^(?:before|after)|servers\//m

/** Enough to spread over the processors. */
const GROUP_SIZE = 30

/** @returns the files to run: groups, written into this folder, and what stays alone. */
export function grouped(files: readonly string[], folder: string): readonly string[] {
  const isTogether = (file: string): boolean =>
    FOLDERS.some((each) => file.startsWith(each)) && !IS_ALONE.test(readFileSync(file, 'utf8'))
  const alone = files.filter((file) => !isTogether(file))
  const groups = FOLDERS.flatMap((each) => {
    const together = files.filter((file) => file.startsWith(each) && isTogether(file))
    const count = Math.ceil(together.length / GROUP_SIZE)
    const name = each.replaceAll('/', '-')
    return Array.from({ length: count }, (_, at) => {
      const path = join(folder, `${name}${at + 1}.test.ts`)
      const part = together.filter((_file, place) => place % count === at)
      writeFileSync(path, part.map((file) => `import '${pathToFileURL(resolve(file)).href}'\n`).join(''))
      return path
    })
  })
  return [...groups, ...alone]
}
