import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { Queue } from './queue.ts'

test('a queue answers what an array would, whatever is pushed and shifted', () => {
  const operations = fc.array(fc.oneof(fc.integer(), fc.constant('shift' as const)), { maxLength: 200 })
  fc.assert(
    fc.property(operations, (steps) => {
      const queue = new Queue<number>()
      const model: number[] = []
      for (const step of steps) {
        if (step === 'shift') {
          assert.equal(queue.shift(), model.shift())
        } else {
          queue.push(step)
          model.push(step)
        }
        assert.equal(queue.length, model.length)
      }
    }),
  )
})
