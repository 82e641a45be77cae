// What our proxy does otherwise than the recorded one, on purpose: every difference that a replay finds is covered by an
// entry, and docs/protocol.md tells the same of each.

import type { Difference } from './replay.ts'

export interface KnownDifference {
  /** The scenarios, as the page names them. */
  readonly scenarios: readonly string[]
  readonly theirs: string
  readonly ours: string
  readonly why: string
  readonly covers: (difference: Difference) => boolean
}

/** Of one exchange: the first one of a scenario is 0. */
const at =
  (...places: readonly number[]) =>
  ({ at: place }: Difference): boolean =>
    places.includes(place)

const onField =
  (pattern: RegExp) =>
  ({ field }: Difference): boolean =>
    pattern.test(field)

const both =
  (...tests: readonly ((difference: Difference) => boolean)[]) =>
  (difference: Difference): boolean =>
    tests.every((test) => test(difference))

/** What stands in a refusal of ours where the recorded answer was another one. */
function isRefusal({ field, ours }: Difference): boolean {
  if (field === 'status') return /^4\d\d$/.test(ours ?? '')
  if (field === 'type') return ours === 'application/octet-stream'
  if (field === 'reply.status.message') return /^\[[A-Z_]+\] ./.test(ours ?? '')
  if (field === 'reply.status.status') return ours === '2' || ours === '3'
  return field === 'reply.status' ? ours === 'set' : ours === undefined
}

/** What stands in an answer of ours where there was none. */
function isAnswer({ field, ours, recorded }: Difference): boolean {
  if (field === 'status') return recorded === 'null' && ours === '200'
  if (field === 'reply.status.status') return ours === '1'
  return recorded === undefined || recorded === 'none'
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    scenarios: ['00-http-misc'],
    theirs: 'answers an unknown path with 404 and a word, or with 500 and nothing',
    ours: 'answers 404 or 405 with a problem document',
    why: 'people read it',
    covers: at(3, 4, 5),
  },
  {
    scenarios: ['00-http-misc'],
    theirs: 'has the metrics of its virtual machine',
    ours: 'has its own',
    why: 'it is another program',
    covers: both(at(6), onField(/^body$/)),
  },
  {
    scenarios: ['01-register', '12-init-action', '23-timer', '26-kinds'],
    theirs: 'calls itself spawn 2.0.0-RC9',
    ours: 'says its own name and version',
    why: 'hosts and people can tell which proxy it is',
    covers: onField(/^reply\.proxyInfo\.proxy(Name|Version)$/),
  },
  {
    scenarios: ['03-default-actions', '05-errors-action'],
    theirs: 'answers an unknown action with 500',
    ours: 'answers 404, with a code in front of the message',
    why: 'the caller is wrong, not the server; programs can tell what is wrong',
    covers: both(
      ({ recorded = '' }) => recorded === '500' || /^Action \[.*\] not found/.test(recorded),
      ({ ours = '' }) => ours === '404' || ours.startsWith('[ACTION_NOT_FOUND] '),
    ),
  },
  {
    scenarios: ['10-async'],
    theirs: 'accepts an asynchronous call of an unknown action, and drops it',
    ours: 'refuses it',
    why: 'it is known at once that it cannot be made',
    covers: both(at(3), isRefusal),
  },
  {
    scenarios: ['12-init-action'],
    theirs: 'leaves the parent out of `self` when it runs an init action',
    ours: 'has it, as in every other call',
    why: 'hosts look handlers up by it',
    covers: onField(/^call\.currentContext\.self\.parent$/),
  },
  {
    scenarios: ['15-forward'],
    theirs: 'keeps a turn that hands on to an action that its target has not, and then fails',
    ours: 'fails the turn, and keeps nothing of it',
    why: 'a turn that fails leaves no trace',
    covers: both(at(3), onField(/^reply\.status\.message$/)),
  },
  {
    scenarios: ['16-side-effects'],
    theirs: 'does not say who sent an effect',
    ours: 'says it as the caller',
    why: 'as with every other call that an actor makes',
    covers: both(({ recorded }) => recorded === undefined, onField(/^call\.(currentContext\.)?caller/)),
  },
  {
    scenarios: ['25-bad-requests'],
    theirs: 'answers bad requests with 500, most often with an empty body',
    ours: 'answers 4xx, with a status and a message that says what is wrong',
    why: 'SDKs read an empty body as success',
    covers: both(at(0, 1, 3, 4, 5, 6, 10, 11), isRefusal),
  },
  {
    scenarios: ['25-bad-requests'],
    theirs: 'hangs up on a call for another system',
    ours: 'says that there is no such actor',
    why: 'a caller has to be told',
    covers: both(at(8), isRefusal),
  },
  {
    scenarios: ['26-kinds'],
    theirs: 'hangs up on every second call of a pooled actor',
    ours: 'calls a worker',
    why: 'pools work',
    covers: both(at(-1, 3), isAnswer),
  },
]
