import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { commitOf } from '../../testing/statestore-fixture.ts'
import { FrameWriter } from '../frames/frame.ts'
import type { Request, Response } from './requests.ts'
import { ThreadWork } from './thread-work.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-thread-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('what fails after it was told, and before the books say so, ends the thread’s work: no commit is judged by them', () => {
  const file = join(folder, 'store.db')
  const broken: unknown[] = []
  const opened = (file: string): ThreadWork => {
    const work = new ThreadWork((thrown) => broken.push(thrown))
    work.take('one', { operation: 'open', arguments: { file, migrates: true } }, () => undefined)
    return work
  }
  const ask = (work: ThreadWork, revision: number, told: (response: Response) => void): void => {
    const frames = new FrameWriter().pack([commitOf('actor', revision)])
    const request: Request<'commit'> = { operation: 'commit', arguments: { frames } }
    work.take('one', request, told)
  }
  const commit = (work: ThreadWork, revision: number): Response | undefined => {
    let answer: Response | undefined
    ask(work, revision, (response) => (answer = response))
    work.flush()
    return answer
  }

  const first = opened(file)
  assert.deepEqual(commit(first, 0), { answer: [] })
  const thrown = new Error('it fails on the way')
  const heard: Response[] = []
  ask(first, 1, (response) => {
    heard.push(response)
    throw thrown
  })
  first.flush()
  assert.deepEqual([heard, broken], [[{ answer: [] }], [thrown]], 'told once, as it is')
  const refused = commit(first, 1)
  assert.ok(refused !== undefined && 'failure' in refused, 'another turn on revision 1')
  assert.deepEqual([first.isBusy, first.useThePause()], [true, false], 'nor is anything folded')

  // The thread ends with it, and so does its hold on the file: here, another one takes what it has left.
  const left = join(folder, 'left.db')
  for (const part of ['', '-wal']) copyFileSync(file + part, left + part)
  const next = opened(left)
  assert.deepEqual(commit(next, 1), { answer: [0] }, 'it was durable')
  assert.deepEqual(commit(next, 2), { answer: [] })
  next.take('one', { operation: 'close', arguments: {} }, () => undefined)
})
