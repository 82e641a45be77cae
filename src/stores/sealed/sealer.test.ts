import assert from 'node:assert/strict'
import { test } from 'node:test'

import { envelopeOf, SYSTEM } from '../../testing/statestore-fixture.ts'
import { Associated } from './associated.ts'
import { Sealer } from './sealer.ts'

test('a sealed envelope says that its id is new, if it is: the store behind looks for no other of that id', () => {
  const sealer = new Sealer(new Associated())
  const sealed = (isNew: boolean | undefined): boolean | undefined =>
    sealer.envelope((_bound, plain) => plain, SYSTEM, envelopeOf('one', { isNew })).isNew
  assert.deepEqual([sealed(true), sealed(false), sealed(undefined)], [true, undefined, undefined])
})
