// The behaviour of actors over the hosts that there are: one suite, so that none can differ. The remote ones run in a
// process of their own, behind a proxy, in the manners of SDKs; and one is a program of our own SDK, served to a proxy.

import { describe } from 'node:test'

import { overHost } from './behaviours.ts'
import { embeddedHost } from './embedded-world.ts'
import { MANNERS, isMannerName } from './manner.ts'
import { remoteHost } from './remote-world.ts'
import { servedHost } from './served-world.ts'
import { turnBehaviours } from './turn-behaviours.ts'
import { workflowBehaviours } from './workflow-behaviours.ts'

// They mostly wait, for timers and for what comes to rest: so all wait together, each for its own.
describe('the behaviour of actors', { concurrency: true }, () => {
  overHost(embeddedHost, turnBehaviours, workflowBehaviours)
  overHost(servedHost, turnBehaviours, workflowBehaviours)
  for (const manner of Object.keys(MANNERS).filter(isMannerName)) {
    overHost(remoteHost(manner), turnBehaviours, workflowBehaviours)
  }
})
