// Which settings of a server are refused, and of which operators are warned; real servers are in test/conformance.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readFacts } from './server.ts'

const SAFE = {
  binlog_format: 'MIXED',
  innodb_doublewrite: 'ON',
  innodb_flush_log_at_trx_commit: '1',
  log_bin: 'ON',
  max_allowed_packet: '16777216',
  max_prepared_stmt_count: '2048',
  read_only: 'OFF',
  sync_binlog: '1',
  version: '11.4.2-MariaDB',
  wsrep_on: 'OFF',
}

const CONNECTIONS = 8

const facts = (more: Partial<typeof SAFE> = {}): ReturnType<typeof readFacts> =>
  readFacts(Object.entries({ ...SAFE, ...more }), CONNECTIONS)

describe('a MariaDB server', () => {
  test('that is safe is taken without a word', () => {
    assert.deepEqual(facts(), { packetBytes: 16_777_216, warnings: [] })
    assert.deepEqual(facts({ log_bin: 'OFF', sync_binlog: '0' }).warnings, [])
  })

  for (const sync_binlog of ['0', '2', '1000'])
    test(`is refused with sync_binlog = ${sync_binlog}: a loss of power takes what its log has not on the disk`, () => {
      assert.throws(() => facts({ sync_binlog }), {
        mayComeBack: false,
        message: /SET GLOBAL sync_binlog = 1/,
      })
    })

  test('of a Galera cluster may rely on the others, and operators hear what that means', () => {
    const [warning, ...more] = facts({ wsrep_on: 'ON', sync_binlog: '0' }).warnings
    assert.match(warning ?? '', /Galera/)
    assert.deepEqual(more, [])
  })

  test('that writes its pages once only is taken, with a warning', () => {
    for (const innodb_doublewrite of ['OFF', '0']) {
      const { warnings } = facts({ innodb_doublewrite })
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] ?? '', /innodb_doublewrite = ON/)
    }
  })

  test('that has no room for all statements of the process is taken, with a warning', () => {
    const { warnings } = facts({ max_prepared_stmt_count: '2047' })
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /is 2047.* prepare 2048 .*SET GLOBAL max_prepared_stmt_count/)
  })
})
