// One machine, several processes: the program runs once more for each worker. Who begins, watches and ends them; how a worker
// knows what it is; how the connections of one port come to all. What they serve is composed elsewhere.

export { Crew } from './crew.ts'
export { NumberedLogger } from './numbered-logger.ts'
export { Seat } from './seat.ts'
