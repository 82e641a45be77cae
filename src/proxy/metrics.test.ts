// The text that Prometheus reads.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Metrics } from './metrics.ts'

test('counters, gauges and histograms, with their labels', () => {
  const metrics = new Metrics()
  const counter = metrics.counter('calls_total', 'Calls.')
  counter.add('a', { code: 'a' })
  counter.add('a', { code: 'a' })
  counter.add('b', { code: 'say "hi"\\\n' })
  let value = 1
  metrics.gauge('size', 'A size.', () => [{ value }])
  value = 2.5
  const took = metrics.histogram('took_seconds', 'Time.', [0.1, 1])
  for (const seconds of [0.05, 0.1, 0.5, 7]) took.observe(seconds)
  assert.equal(
    metrics.text(),
    [
      '# HELP calls_total Calls.',
      '# TYPE calls_total counter',
      'calls_total{code="a"} 2',
      'calls_total{code="say \\"hi\\"\\\\\\n"} 1',
      '# HELP size A size.',
      '# TYPE size gauge',
      'size 2.5',
      '# HELP took_seconds Time.',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{le="0.1"} 2',
      'took_seconds_bucket{le="1"} 3',
      'took_seconds_bucket{le="+Inf"} 4',
      'took_seconds_sum 7.65',
      'took_seconds_count 4',
      '',
    ].join('\n'),
  )
})
