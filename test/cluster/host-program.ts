// A host of a proxy, as a process of its own: `node host-program.ts <proxy> <system> <counter|teller|stranger>`. It says when it
// is registered, and ends in order at SIGTERM.
//
// `counter` counts; `teller` of the same system calls it, and sends it effects; `stranger` does so from another system.

import { actor, effect, system, Value } from '../../src/sdk/index.ts'

const [proxy = '', name = '', which = '', other = ''] = process.argv.slice(2)

const counter = actor('counter', {
  kind: 'unnamed',
  state: { total: 0, callers: [] as string[] },
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const { caller } = ctx
      const callers =
        caller === null ? ctx.state.callers : [...ctx.state.callers, `${caller.system}:${caller.name}`]
      const total = ctx.state.total + value
      return Value.of({ total, callers: callers.slice(-2) }, { total, by: process.pid })
    },
  },
})

const target = other === '' ? {} : { system: other }

const teller = actor(which === 'stranger' ? 'stranger' : 'teller', {
  state: { asked: 0 },
  actions: {
    ask: async (ctx, { to }: { to: string }) => {
      const answer = await ctx.invoke(to, { ...target, ref: 'counter', action: 'add', payload: { value: 1 } })
      return Value.of({ asked: ctx.state.asked + 1 }, answer)
    },
    send: (ctx, { to }: { to: string }) =>
      Value.of({ asked: ctx.state.asked + 1 })
        .effect(effect(to, 'add', { value: 10 }, { ...target, ref: 'counter' }))
        .response('sent'),
  },
})

const actors = which === 'counter' ? [counter] : [teller]
const served = await system(name, { actors }).serve({ proxy, port: 0 })
process.on('SIGTERM', () => void served.stop().then(() => process.exit(0)))
process.stdout.write('registered\n')
