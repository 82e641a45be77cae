import assert from 'node:assert/strict'
import { test } from 'node:test'

import { protobufOnDemand } from './protobuf-on-demand.ts'

test('what is loaded on demand is the very module that an import gives', async () => {
  const onDemand = protobufOnDemand()
  assert.equal(onDemand, await import('./protobuf/protobuf-codec.ts'))
  assert.equal(protobufOnDemand(), onDemand)
})
