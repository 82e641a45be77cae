// The behaviour of actors over the hosts that there are: one suite, so that none can differ.

import { overHost } from './behaviours.ts'
import { embeddedHost } from './embedded-world.ts'
import { turnBehaviours } from './turn-behaviours.ts'
import { workflowBehaviours } from './workflow-behaviours.ts'

overHost(embeddedHost, turnBehaviours, workflowBehaviours)
