// More generated graphs of messages than `npm test` has; RUNS=… says how many.

import '../model/graphs.test.ts'

process.env['RUNS'] ??= '3000'
