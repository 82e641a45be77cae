import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinedText } from './joined-metrics.ts'
import { Metrics } from './metrics.ts'

function textOf(members: number, lost: number): string {
  const metrics = new Metrics()
  metrics.gauge('members', 'Members { as seen }.', () => [
    { labels: { phase: 'up' }, value: members },
    { labels: { phase: 'a "b" {c} d' }, value: 0 },
  ])
  metrics.counts('lost_total', 'Leases.', () => [{ value: lost }])
  return metrics.text()
}

test('each family stands once, with the numbers of all, which say whose they are', () => {
  assert.equal(
    joinedText([
      [1, textOf(2, 5)],
      [2, textOf(3, 0)],
    ]),
    `# HELP members Members { as seen }.
# TYPE members gauge
members{worker="1",phase="up"} 2
members{worker="1",phase="a \\"b\\" {c} d"} 0
members{worker="2",phase="up"} 3
members{worker="2",phase="a \\"b\\" {c} d"} 0
# HELP lost_total Leases.
# TYPE lost_total counter
lost_total{worker="1"} 5
lost_total{worker="2"} 0
`,
  )
})
