import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rota } from './rota.ts'

class Process {
  takes = true
  load = 0
}

function dealt(rota: Rota, processes: readonly Process[], count: number): (number | null)[] {
  return Array.from({ length: count }, () => {
    const at = rota.next(processes)
    if (at !== null) (processes[at] as Process).load += 1
    return at
  })
}

test('equals get one after the other', () => {
  const processes = [new Process(), new Process(), new Process()]
  assert.deepEqual(dealt(new Rota(), processes, 7), [0, 1, 2, 0, 1, 2, 0])
})

test('equals whose connections end at once get them in turn, too', () => {
  const rota = new Rota()
  const processes = [new Process(), new Process()]
  const places = [1, 2, 3, 4].map(() => rota.next(processes))
  assert.deepEqual(places, [0, 1, 0, 1])
})

test('one that has fewer catches up', () => {
  const processes = [new Process(), new Process()]
  processes[0]!.load = 3
  assert.deepEqual(dealt(new Rota(), processes, 4), [1, 1, 1, 0])
})

test('one that takes none is passed over, and when none does, nobody gets it', () => {
  const rota = new Rota()
  const processes = [new Process(), new Process()]
  processes[1]!.takes = false
  processes[0]!.load = 100
  assert.deepEqual(dealt(rota, processes, 2), [0, 0])
  processes[0]!.takes = false
  assert.deepEqual(dealt(rota, processes, 1), [null])
})
