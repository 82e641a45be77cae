import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableLines, widthOf } from './table.ts'
import { printable } from './terminal.ts'

test('columns are aligned by what they take on a terminal, not by their length', () => {
  assert.deepEqual(
    tableLines(
      [
        ['NAME', 'TAGS'],
        ['東京', 'a=1'],
        ['é', ''],
        ['👩‍🚀', 'b=2'],
      ],
      null,
    ),
    ['NAME  TAGS', '東京  a=1', 'é', '👩‍🚀    b=2'],
  )
  assert.equal(widthOf('東京'), 4)
  assert.equal(widthOf('👩‍🚀'), 2)
})

test('a line that is too wide is cut within the width, and never through a character', () => {
  const rows = [
    ['NAME', 'TAGS'],
    ['counter', 'city=東京'],
  ]
  for (let width = 1; width < 30; width += 1) {
    for (const line of tableLines(rows, width)) assert.ok(widthOf(line) <= width, `${line} in ${width}`)
  }
  assert.equal(tableLines(rows, 16)[1], 'counter  city=…')
  assert.equal(tableLines(rows, 17)[1], 'counter  city=東…')
  assert.equal(tableLines(rows, 18)[1], 'counter  city=東京')
})

test('a name cannot steer the terminal', () => {
  assert.equal(printable('a\u001b[2Jb\u009b\n\u202e'), String.raw`a\u001b[2Jb\u009b\u000a\u202e`)
  assert.equal(printable('Zoë 東京'), 'Zoë 東京')
})
