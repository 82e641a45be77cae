// `spawn store import`: what `spawn store export` has written, into a store.

import type { FileSource, IntakeOptions } from '../../archive/index.ts'
import { systemClock } from '../../base/index.ts'
import { storeText } from '../../stores/store-url.ts'
import { command } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { flag } from '../option.ts'
import { STORE_OPTIONS } from '../store-options.ts'
import { printable, type Terminal } from '../terminal.ts'

export const storeImport = command({
  name: 'store import',
  summary: 'Read what was exported into a store',
  about: `Reads a file that spawn store export has written into a store of any kind. The store must be empty, unless
--merge takes the rows in beside what is there; those of the same actor, key, message or fact are replaced. Nothing
may run on it meanwhile. A part of the file is written when its checksum is right, and in one transaction: an
import that was cut off at any point goes on with the same command, and a store that was filled in part is not
taken for a whole one. A file that is damaged is refused with its line; with --dry-run the file is read to its
end and checked, and nothing is written.`,
  args: [{ name: 'file', help: 'the file to be read, or - for standard input' }],
  options: {
    ...STORE_OPTIONS,
    merge: flag('Take the rows in beside what the store has'),
    'dry-run': flag('Check the file and the store, and write nothing'),
  },
  examples: [
    { line: 'spawn store import backup.ndjson --store sqlite:new.db', what: 'into a file' },
    { line: 'spawn store import backup.ndjson --dry-run', what: 'check it first' },
    {
      line: 'zstd -d < backup.ndjson.zst | spawn store import - --store sqlite:new.db',
      what: 'unpacked on its way',
    },
  ],
  async run({ args: [file = ''], options, json }, terminal) {
    const { withStore } = await import('../store-line.ts')
    return withStore(options, terminal, async (line) => {
      const { FileSource } = await import('../../archive/index.ts')
      const { bytesOf } = await import('../moving.ts')
      const name = file === '-' ? 'standard input' : file
      const source = await FileSource.open(bytesOf(file, terminal.stdin), name)
      const target = source.header.sealed ? line.bare : line.store
      const targetName = storeText(line.plan)
      if (options['dry-run'])
        return check(source, { target, targetName, merges: options.merge }, terminal, json)
      return take(source, { target, targetName, merges: options.merge }, terminal, json)
    })
  },
})

type Into = Pick<IntakeOptions, 'merges' | 'target' | 'targetName'>

async function check(source: FileSource, into: Into, terminal: Terminal, json: boolean): Promise<ExitCode> {
  const { checkTarget, countParts } = await import('../../archive/index.ts')
  const { countsText, progressOn } = await import('../moving.ts')
  // A store that is not there is empty, and stays so.
  if ((await into.target.schema?.status())?.version !== 0) {
    await into.target.start()
    await checkTarget({ ...into, source })
  }
  const rows = await countParts(source, progressOn(terminal, systemClock, 'checking'))
  const changes = source.trailer?.changes ?? []
  if (json) await terminal.print(JSON.stringify({ file: source.name, rows, written: false, changes }))
  else terminal.note(`${printable(source.name)} is whole: ${countsText(rows)}; nothing was written`)
  return EXIT.ok
}

async function take(source: FileSource, into: Into, terminal: Terminal, json: boolean): Promise<ExitCode> {
  const { takeIn } = await import('../../archive/index.ts')
  const { counted, countsText, progressOn } = await import('../moving.ts')
  await into.target.start()
  const progress = progressOn(terminal, systemClock, 'importing')
  const { leftOut, resumedBehind, rows } = await takeIn({ ...into, source, clock: systemClock, progress })
  const changes = source.trailer?.changes ?? []
  if (json) {
    const told = { file: source.name, rows, written: true, leftOut, resumedBehind, changes }
    await terminal.print(JSON.stringify(told))
    return EXIT.ok
  }
  if (resumedBehind > 0) terminal.note(`went on behind part ${resumedBehind}, which was there already`)
  terminal.note(`imported ${countsText(rows)}`)
  if (leftOut > 0) {
    const what = counted(leftOut, 'past revision')
    terminal.note(`         left out ${what}: the store changed while it was exported, and they do not fit`)
  }
  return EXIT.ok
}
