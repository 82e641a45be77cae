// The limit of one durable call: a record of 128 bytes appended to a file, and fdatasync, both in this thread.

import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { quantile, time } from './drive.ts'
import type { Prepare } from './subject.ts'

export const prepare: Prepare = async ({ directory }) => {
  const file = openSync(join(directory, 'log'), 'a')
  const record = Buffer.alloc(128, 'x')
  const append = async (): Promise<void> => {
    writeSync(file, record)
    fdatasyncSync(file)
  }
  return {
    round: async (durationMs) => ({ p50Us: quantile(await time(durationMs, append), 0.5) * 1_000 }),
    stop: async () => closeSync(file),
  }
}
