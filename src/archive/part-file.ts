// An archive file while it is written: beside its name, with `.part` behind it, and under its name when it is whole. Decides
// what happens to files that are there already, and how much of an unfinished one is sound.
//
// Invariant: a file under its name is whole, and on the disk. A crash leaves the `.part`, and whatever had the name before.

import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSpawnError, messageOf, SpawnError } from '../base/index.ts'
import type { Begun } from './export.ts'
import { type PartPiece, type Piece, readPieces, type TrailerPiece } from './reading.ts'

export interface PartFileOptions {
  readonly path: string
  /** Goes on with an unfinished one, if there is one. */
  readonly resumes: boolean
  /** Takes the place of what is there. */
  readonly overwrites: boolean
}

/** Only the owner may read what is in it. */
const MODE = 0o600
/** How every header begins. */
const BEGINNING = '{"kind":"header","archive":"spawn"'

export class PartFile {
  /** Of an unfinished export that goes on; undefined: it begins. To be read to its end before anything is written. */
  readonly begun: Begun | undefined
  readonly #path: string
  readonly #file: FileHandle
  /** Where the next text goes. */
  #end = 0

  private constructor(path: string, file: FileHandle, pieces: Pieces | null) {
    this.#path = path
    this.#file = file
    if (pieces === null) return
    this.#end = pieces.header.end
    this.begun = { header: pieces.header, pieces: this.#sound(pieces.rest) }
  }

  /** @throws SpawnError INVALID_ARGUMENT for what is there already, or cannot be written. */
  static async open({ overwrites, path, resumes }: PartFileOptions): Promise<PartFile> {
    const part = `${path}.part`
    if (!overwrites && (await exists(path)))
      throw refused(
        path,
        'is there already: name another file, or put --overwrite for a new one in its place',
      )
    const isBegun = await exists(part)
    if (isBegun && !resumes && !overwrites)
      throw refused(
        part,
        'is an export that was not finished: go on with --resume, or begin anew with --overwrite',
      )
    const pieces = isBegun && resumes ? await begunPieces(part) : null
    const file = await opened(part, pieces === null ? 'w' : 'r+')
    // One that was there may have been open to others.
    await file.chmod(MODE)
    return new PartFile(path, file, pieces)
  }

  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    await this.#noting(async () => {
      // Behind what is sound there may be the rest of a part.
      await this.#file.truncate(this.#end)
      for (let at = 0; at < bytes.length;)
        at += (await this.#file.write(bytes, at, bytes.length - at, this.#end + at)).bytesWritten
    })
    this.#end += bytes.length
  }

  /** It is whole. */
  async finish(): Promise<void> {
    await this.#noting(async () => {
      await this.#file.sync()
      await this.#file.close()
      await rename(`${this.#path}.part`, this.#path)
      await syncFolder(dirname(this.#path))
    })
  }

  /** It stays unfinished. */
  async abandon(): Promise<void> {
    await this.#file.close()
  }

  async *#sound(rest: AsyncIterable<Piece>): AsyncGenerator<PartPiece | TrailerPiece> {
    try {
      for await (const piece of rest) {
        if (piece.kind === 'header') continue
        this.#end = piece.end
        yield piece
      }
    } catch (thrown) {
      // What is behind the last sound part is written anew.
      if (!isSpawnError(thrown) || thrown.code !== 'STATE_UNREADABLE') throw thrown
    }
  }

  async #noting(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      throw unwritable(`${this.#path}.part`, thrown)
    }
  }
}

interface Pieces {
  readonly header: Begun['header']
  readonly rest: AsyncIterable<Piece>
}

/** Null: not even its header is there. */
async function begunPieces(part: string): Promise<Pieces | null> {
  const pieces = readPieces(createReadStream(part, { highWaterMark: 1_024 * 1_024 }), part)
  try {
    const first = await pieces.next()
    if (first.done !== true && first.value.kind === 'header') return { header: first.value, rest: pieces }
  } catch (thrown) {
    if (!isSpawnError(thrown) || !(await isBeginning(part))) throw thrown
  }
  return null
}

/** Whether a file may be the first bytes of an export. */
async function isBeginning(part: string): Promise<boolean> {
  const file = await opened(part, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0)
    return BEGINNING.startsWith(buffer.toString('latin1', 0, bytesRead))
  } finally {
    await file.close()
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (thrown) {
    if (isMissing(thrown)) return false
    throw unwritable(path, thrown)
  }
}

async function opened(path: string, flags: 'r' | 'r+' | 'w'): Promise<FileHandle> {
  try {
    return await open(path, flags, MODE)
  } catch (thrown) {
    throw unwritable(path, thrown)
  }
}

/** A rename is on the disk when its folder is; some systems cannot sync a folder, and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
}

function refused(path: string, problem: string): SpawnError {
  return new SpawnError('INVALID_ARGUMENT', `${path} ${problem}`, { details: { file: path } })
}

function unwritable(path: string, cause: unknown): SpawnError {
  const message = `${path} cannot be written (${messageOf(cause)}): look after its folder and disk, and go on with --resume`
  return new SpawnError('INVALID_ARGUMENT', message, { cause, details: { file: path } })
}
