// The commands that there are, in the order of the help.

import type { Command } from '../command.ts'
import { actorsDelete } from './actors-delete.ts'
import { actorsGet } from './actors-get.ts'
import { actorsList } from './actors-list.ts'
import { invoke } from './invoke.ts'

export const COMMANDS: readonly Command[] = [invoke, actorsList, actorsGet, actorsDelete]
