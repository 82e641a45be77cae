// The table of docs/encryption.md: what a store gets to see of an encrypted one, field by field.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

import { FIELDS } from '../../src/stores/sealed/fields.ts'

const PAGE = new URL('../../docs/encryption.md', import.meta.url)

test('the table of what is encrypted names every field, as it is treated', async () => {
  const said = new Map<string, string>()
  for (const line of (await readFile(PAGE, 'utf8')).split('\n')) {
    const [, , fields = '', how = '', use = ''] = line.split('|').map((cell) => cell.trim())
    for (const [, name = ''] of fields.matchAll(/`([a-z ]+\.[a-zA-Z]+)`/g)) {
      assert.ok(!said.has(name), `${name} is there twice`)
      said.set(name, `${how} ${use}`.trim())
    }
  }
  const treated = new Map<string, string>()
  for (const [whole, fields] of Object.entries(FIELDS))
    for (const [field, treatment] of Object.entries(fields)) {
      if (treatment === 'parts') continue
      const readable = treatment.replace('open to', 'readable')
      const words = { sealed: 'encrypted', withheld: 'not handed on' }[treatment as string] ?? readable
      treated.set(`${whole}.${field}`, words)
    }
  assert.deepEqual(Object.fromEntries(said), Object.fromEntries(treated))
})
