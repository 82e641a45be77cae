// `spawn store export`: all that a store keeps, into a file.

import { systemClock } from '../../base/index.ts'
import { command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failure.ts'
import { flag } from '../option.ts'
import { STORE_OPTIONS } from '../store-options.ts'
import type { LineStore } from '../store-line.ts'
import { noteWarning, printable, type Terminal } from '../terminal.ts'

export const storeExport = command({
  name: 'store export',
  summary: 'Write all that a store keeps into a file',
  about: `Writes every actor, its past, what is kept under idempotency keys, every message that waits and every fact into a
file: one JSON document a line, with checksums. spawn store import reads it again, into a store of any kind. Until it is
whole the file has .part behind its name; an export that was cut off goes on with --resume. With - for the file
it goes to standard output. Export a store while nothing runs on it: of one that changes meanwhile the file is
not of one moment, and the command says so. What a store keeps encrypted stands open in the file, unless
--sealed leaves it as it is: then only the same keys read it.`,
  args: [{ name: 'file', help: 'the file to be written, or - for standard output' }],
  options: {
    ...STORE_OPTIONS,
    resume: flag('Go on with an export that was cut off, if there is one'),
    overwrite: flag('Write over a file that is there'),
    sealed: flag('Leave encrypted what is encrypted'),
  },
  examples: [
    { line: 'spawn store export backup.ndjson --store sqlite:my-system.db', what: 'a file into a file' },
    { line: 'spawn store export backup.ndjson --resume', what: 'go on where the last one was cut off' },
    { line: 'spawn store export - | zstd > backup.ndjson.zst', what: 'compressed on its way' },
  ],
  async run({ args: [file = ''], options, json }, terminal) {
    if (file === '-' && (options.resume || options.overwrite))
      throw usageFailure('--resume and --overwrite go with a file, not with standard output')
    const { startToRead, withStore } = await import('../store-line.ts')
    return withStore(options, terminal, async (line) => {
      await startToRead(line)
      const exported = await exportTo(file, line, options, terminal)
      const { countsText } = await import('../moving.ts')
      const { changes, parts, rows } = exported
      // Standard output may be the file itself.
      const tell = (text: string): void | Promise<void> =>
        file === '-' ? terminal.note(text) : terminal.print(text)
      if (json) {
        await tell(JSON.stringify({ file, parts, rows, changes }))
        return EXIT.ok
      }
      terminal.note(`exported ${countsText(rows)}${file === '-' ? '' : ` into ${printable(file)}`}`)
      for (const change of changes) noteWarning(terminal, change)
      if (changes.length > 0) {
        terminal.note('         the file is not of one moment: stop what runs on the store, and export again')
      }
      return EXIT.ok
    })
  },
})

interface Told {
  readonly resume: boolean
  readonly overwrite: boolean
  readonly sealed: boolean
}

async function exportTo(
  file: string,
  line: LineStore,
  { overwrite, resume, sealed }: Told,
  terminal: Terminal,
) {
  const { exportStore, holdsSealed, PartFile } = await import('../../archive/index.ts')
  const { storeText } = await import('../../stores/store-url.ts')
  const { progressOn } = await import('../moving.ts')
  const { standingRows } = await import('../course.ts')
  const isSealed = sealed && (line.sealing !== null || (await holdsSealed(line.bare)))
  const common = {
    store: isSealed ? line.bare : line.store,
    source: storeText(line.plan),
    sealed: isSealed,
    hasKeys: line.sealing !== null,
    clock: systemClock,
    progress: progressOn(terminal, systemClock, 'exporting', await standingRows(line.bare)),
  }
  if (file === '-') return exportStore({ ...common, write: (text) => terminal.print(text.slice(0, -1)) })
  const part = await PartFile.open({ path: file, resumes: resume, overwrites: overwrite })
  try {
    const exported = await exportStore({ ...common, write: (text) => part.write(text), begun: part.begun })
    await part.finish()
    return exported
  } catch (thrown) {
    await part.abandon()
    throw thrown
  }
}
