// The write-ahead log's file, as far as SQLite leaves it to us: its size. Writing over blocks that a file has is one
// write to the disk; making the file longer is a change of the file system too, and its sync takes nearly twice as long.
// SQLite writes its log from the beginning again after each checkpoint, so a log that has its size once is only
// overwritten.
//
// Invariant: what is added is zeros at the end. To SQLite that is the end of the log, as any rest of an older log is.

import { closeSync, fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs'

const ZEROS = Buffer.alloc(256 * 1_024)

/**
 * Gives the log of a database that is open its size before it is needed.
 *
 * @throws what node:fs throws; the log is fit for use all the same.
 */
export function reserveLog(databaseFile: string, bytes: number): void {
  const fd = openSync(`${databaseFile}-wal`, 'r+')
  try {
    let at = fstatSync(fd).size
    if (at >= bytes) return
    while (at < bytes) at += writeSync(fd, ZEROS, 0, Math.min(ZEROS.length, bytes - at), at)
    fdatasyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
