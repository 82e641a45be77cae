// Which test files share a process: starting one and loading what is tested takes longer than most unit tests do. Decides it by
// the folder and by what the file names: one that touches what a process has only once (its environment, its children, its
// signals, mocks) has a process to itself. The tests of a group still run one after the other, each is told with its own file,
// and one that hangs fails by its name; what files do before their first test and after their last is done before and after
// those of all.

import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** By folder: how many files one process gets, so that their tests are spread over the processors. */
const GROUP_SIZES: Readonly<Record<string, number>> = {
  // With what takes longest first: a run that ends with one of these would wait for it alone.
  'test/conformance/': 6,
  'test/proxy/': 30,
  'test/http/': 30,
  'test/archive/': 30,
  'test/cli/': 30,
  'test/cluster/nats-': 30,
  'bench/': 30,
  'examples/': 30,
  'src/': 30,
  'test/actor/': 30,
  'test/mesh/': 30,
  'test/sdk/': 30,
  'test/docs/': 30,
  'test/listener/': 30,
  'test/wire/': 30,
}

const IS_ALONE =
  /node:(?:child_process|worker_threads|inspector|http|net)|process\.|globalThis|\bmock\b|\bgc\b/

/** @returns the files to run: groups, written into this folder, and what stays alone. */
export function grouped(files: readonly string[], folder: string): readonly string[] {
  const isTogether = (file: string): boolean =>
    Object.keys(GROUP_SIZES).some((each) => file.startsWith(each)) &&
    !IS_ALONE.test(readFileSync(file, 'utf8'))
  const alone = files.filter((file) => !isTogether(file))
  const groups = Object.entries(GROUP_SIZES).flatMap(([each, size]) => {
    const together = files.filter((file) => file.startsWith(each) && isTogether(file))
    const count = Math.ceil(together.length / size)
    const name = each.replaceAll('/', '-')
    return Array.from({ length: count }, (_, at) => {
      // Each run has a folder of its own, so no cache knows this file: as TypeScript, the stripper would be loaded for it alone.
      const path = join(folder, `${name}${at + 1}.test.mjs`)
      const part = together.filter((_file, place) => place % count === at)
      writeFileSync(path, part.map((file) => `import '${pathToFileURL(resolve(file)).href}'\n`).join(''))
      return path
    })
  })
  return [...groups, ...alone]
}
