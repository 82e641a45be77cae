// The same actor with its state, payload and response as Protobuf messages: hosts and callers in other languages share
// incrementor.proto. Run it with `node bin/spawn.js start examples/incrementor-protobuf/main.ts`; over HTTP it speaks
// the messages' JSON form.

import { actor, system, Value } from 'spawn-mesh'

import { AddSchema, StateSchema } from './incrementor_pb.ts'

export const incrementor = actor('incrementor', {
  schema: StateSchema,
  actions: {
    add: {
      payload: AddSchema,
      response: StateSchema,
      handler: (ctx, { value }) => {
        const total = ctx.state.total + value
        return Value.of().state({ total }).response({ total })
      },
    },
  },
})

export const mySystem = system('my-protobuf-system', { actors: [incrementor] })
