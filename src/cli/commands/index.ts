// The commands that there are, in the order of the help.

import type { Command } from '../command.ts'
import { actorsDelete } from './actors-delete.ts'
import { actorsGet } from './actors-get.ts'
import { actorsList } from './actors-list.ts'
import { dev } from './dev.ts'
import { invoke } from './invoke.ts'
import { start } from './start.ts'

export const COMMANDS: readonly Command[] = [dev, start, invoke, actorsList, actorsGet, actorsDelete]
