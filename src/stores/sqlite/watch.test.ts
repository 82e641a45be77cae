// How long the event loop stays awake for an answer, on a time that each look moves on.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Watch } from './watch.ts'

/** A watch whose every look at the time takes ten microseconds; `run` plays the loop until it sleeps. */
function watched(rests = false) {
  const tasks: (() => void)[] = []
  const state = { nowMs: 0, asleepMs: 0 }
  const heard: string[] = []
  const watch = new Watch({
    defer: (task) => void tasks.push(task),
    nowMs: () => (state.nowMs += 0.01),
    asleepMs: () => state.asleepMs,
    rests: () => rests,
    look: () => void heard.push('look'),
    turned: (isAwake) => void heard.push(isAwake ? 'awake' : 'asleep'),
  })
  /** Answers in how many rounds it has fallen asleep; the answer comes after `answerAfter` of them. */
  const run = (answerAfter = Number.POSITIVE_INFINITY): number => {
    watch.begin()
    let rounds = 0
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      task()
      rounds += 1
      if (rounds === answerAfter) watch.end()
    }
    return rounds
  }
  /** Answers in how many rounds it has fallen asleep, for a request that comes when the loop has slept so long. */
  const runAfter = (sleepMs: number): number => {
    state.nowMs += sleepMs
    state.asleepMs += sleepMs
    const rounds = run(5)
    if (rounds === 0) watch.end()
    return rounds
  }
  return { heard, run, runAfter, state, tasks, watch }
}

test('the loop stays awake until the answer is there', () => {
  assert.equal(watched().run(5), 6)
})

test('it looks for the answer each time round, and once more when it has said that it sleeps', () => {
  const { heard, run } = watched()
  run(3)
  assert.deepEqual(heard, ['awake', 'look', 'look', 'look', 'look', 'asleep', 'look'])
  const resting = watched(true)
  resting.run(3)
  assert.deepEqual(resting.heard, [])
})

test('it sleeps when the answer takes long', () => {
  const { run, state } = watched()
  const rounds = run()
  assert.ok(rounds > 10 && state.nowMs < 1.1, `${rounds} rounds in ${state.nowMs} ms`)
})

test('watches in vain are given up, until an answer comes soon', () => {
  const { run, state, watch } = watched()
  for (let at = 0; at < 3; at += 1) {
    assert.ok(run() > 0)
    state.nowMs += 10
    watch.end()
  }
  assert.equal(run(), 0, 'given up')
  watch.end()
  assert.ok(run() > 0, 'the answer before came soon')
})

test('one that was asked for while the loop is awake does not make it go round twice', () => {
  const { tasks, watch } = watched()
  watch.begin()
  watch.end()
  watch.begin()
  assert.equal(tasks.length, 1)
})

test('given up, it is tried again after a while, though answers took long', () => {
  const { run, state, watch } = watched()
  for (let at = 0; at < 4; at += 1) {
    run()
    state.nowMs += 10
    watch.end()
  }
  assert.equal(run(), 0, 'given up')
  state.nowMs += 50
  watch.end()
  assert.ok(run() > 0)
})

test('where others need the processor it sleeps at once', () => {
  const { run, watch } = watched(true)
  assert.equal(run(), 0)
  assert.equal(watch.isAwake, false)
})

test('where the loop sleeps between requests it sleeps for their answers, too, from the first long pause on', () => {
  const { run, runAfter } = watched()
  assert.ok(run(5) > 0, 'nothing is known yet')
  assert.equal(runAfter(0.5), 0)
  for (let at = 0; at < 100; at += 1) assert.equal(runAfter(0.5), 0)
})

test('what it sleeps while an answer is due does not count', () => {
  const { runAfter, state, tasks, watch } = watched()
  for (let at = 0; at < 20; at += 1) {
    watch.begin()
    state.asleepMs += 0.5
    watch.end()
    tasks.shift()?.()
  }
  assert.ok(runAfter(0) > 0)
})

test('requests that come with hardly any sleep between are watched for', () => {
  const { runAfter } = watched()
  for (let at = 0; at < 100; at += 1) assert.ok(runAfter(0.015) > 0)
})

test('one long pause, however long, is made up for by some requests without', () => {
  const { run, runAfter } = watched()
  run(5)
  assert.equal(runAfter(3_600_000), 0)
  let requests = 1
  while (requests < 100 && runAfter(0) === 0) requests += 1
  assert.ok(requests > 2 && requests < 20, `after ${requests} requests`)
})

test('and many long pauses by some more', () => {
  const { runAfter } = watched()
  for (let at = 0; at < 1_000; at += 1) runAfter(10)
  let requests = 1
  while (requests < 100 && runAfter(0) === 0) requests += 1
  assert.ok(requests < 40, `after ${requests} requests`)
})
