// The process that answers peer-calls.ts: a member that serves volatile actors, or a bare subscription that sends back what
// it gets. `node peer-answers.ts <variant> <host:port of NATS> <folder>`; it ends with the process that started it.

import { connect } from '@nats-io/transport-node'

import type { PeerReply, PeerRequest } from '../src/mesh/peers/peer-request.ts'
import { jsonCodec } from '../src/protocol/index.ts'
import { countersIn } from './counters.ts'
import { ANSWERING, startPeers, SUBJECT } from './peer-link.ts'

async function answerBare(address: string): Promise<void> {
  const nats = await connect({ servers: address })
  nats.subscribe(SUBJECT, { callback: (_error, message) => void message.respond(message.data) })
  await nats.flush()
}

async function answerPeers(address: string, directory: string): Promise<void> {
  const system = await countersIn(directory).start()
  const serve = async (_from: string, { body }: PeerRequest): Promise<PeerReply> => {
    if (body.kind !== 'call') throw new Error(`${body.kind} is not asked here`)
    const { action, definition, name, payload } = body.call
    const response = jsonCodec.pack(await system.invoke(name, { ref: definition, action, payload }))
    const actor = { system: 'bench', parent: definition, name }
    return {
      kind: 'answer',
      answer: { response, actor, action, revision: 0, durability: 'none', json: null },
    }
  }
  await startPeers(address, ANSWERING, serve)
}

const [variant, address = '', directory = ''] = process.argv.slice(2)
await (variant === 'bare' ? answerBare(address) : answerPeers(address, directory))
process.send?.('ready')
process.on('disconnect', () => process.exit())
