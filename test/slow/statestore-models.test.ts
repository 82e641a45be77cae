// More generated sequences for every store than `npm test` plays: as many as two minutes take for each, but no more than RUNS.

import '../model/statestores.test.ts'

process.env['RUNS'] ??= '1000'
