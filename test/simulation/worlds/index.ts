// The worlds by name, for the tests and for `npm run sim`.

import { bank } from './bank.ts'
import { past } from './past.ts'
import { ring } from './ring.ts'
import { schedules } from './schedules.ts'
import { timers } from './timers.ts'
import type { WorldKind } from './world.ts'

export const WORLDS: readonly WorldKind[] = [ring, bank, schedules, timers, past]
export { bank, past, ring, schedules, timers }
export { type CourseOptions, run } from './course.ts'
