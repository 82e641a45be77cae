// What a call to another member over NATS is held against: a process that sends back what it gets.
// `node nats-echo.ts <host:port> <subject>`; it ends with the process that started it.

import { connect } from '@nats-io/transport-node'

const [address = '', subject = ''] = process.argv.slice(2)
const nats = await connect({ servers: address })
nats.subscribe(subject, { callback: (_error, message) => void message.respond(message.data) })
await nats.flush()
process.on('disconnect', () => process.exit())
process.send?.('ready')
