// A member of the cluster that is measured, in a process of its own: `node cluster-member.ts <surroundings as JSON>`. It says
// when it is one, leaves in order when it is told to stop, and ends with the process that started it.

import { memberOf, type Surroundings } from './cluster.ts'

// What cluster.ts has written.
const { node, zone, ...surroundings } = JSON.parse(process.argv[2] ?? '') as Surroundings & {
  node: string
  zone: string
}
const member = await memberOf(surroundings, node, zone).start()
process.on('disconnect', () => process.exit())
process.on('message', () => {
  void member.stop().then(() => process.exit())
})
process.send?.('ready')
