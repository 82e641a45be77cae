// The `actions` setting of a definition: functions, or objects with a function and schemas, as the host runs them.

import { LIMITS } from '../base/index.ts'
import { type HandlerAction, isTimerPeriod, MAX_TIMER_MS, MIN_TIMER_MS } from '../hosts/index.ts'
import { checkName, type Codec } from '../protocol/index.ts'
import { isPlainObject } from './plain-object.ts'
import { Settings, shown } from './settings.ts'
import { schemaCodec } from './state-setting.ts'

/** Run on every activation, before the first message; the first that a definition has. */
const INIT_NAMES: ReadonlySet<string> = new Set(['init', 'Init', 'setup', 'Setup'])

const ACTION_SETTINGS = ['handler', 'payload', 'response', 'timeout', 'timer', 'query'] as const

export function actionsOf(settings: Settings): ReadonlyMap<string, HandlerAction> {
  const given = settings.raw('actions')
  if (!isPlainObject(given)) {
    throw settings.fault(
      'actions',
      'must be an object of functions by name, such as { add: (ctx, payload) => … }',
    )
  }
  const actions = new Map<string, HandlerAction>()
  for (const [name, action] of Object.entries(given)) {
    checkName('action', name)
    // A ref with a method of this name would be taken for a promise wherever it is awaited.
    if (name === 'then')
      throw settings.fault('actions', 'has an action "then", a name that promises need; choose another')
    actions.set(name, actionOf(settings, name, action))
  }
  return actions
}

export function initActionOf(
  settings: Settings,
  actions: ReadonlyMap<string, HandlerAction>,
): HandlerAction | null {
  for (const [name, action] of actions) {
    if (!INIT_NAMES.has(name)) continue
    const word = action.query ? 'query' : 'timer'
    if (!action.query && action.timerMs === null) return action
    throw settings.fault('actions', `has the action "${name}", which begins each life; it can be no ${word}`)
  }
  return null
}

function actionOf(owner: Settings, name: string, given: unknown): HandlerAction {
  const subject = `${owner.subject} action "${name}"`
  const settings = new Settings(
    subject,
    typeof given === 'object' && given !== null ? given : { handler: given },
    ACTION_SETTINGS,
  )
  const handler = settings.raw('handler')
  if (!isHandler(handler)) throw settings.fault('handler', 'must be a function (ctx, payload) => …')
  const query = settings.boolean('query', false)
  if (query) settings.excludes('query is true: it changes nothing', ['timer'])
  const payload = schemaCodec(settings, 'payload', settings.raw('payload'))
  return Object.freeze({
    name,
    timeoutMs: timeoutOf(settings),
    timerMs: timerOf(settings, payload),
    query,
    payload,
    response: schemaCodec(settings, 'response', settings.raw('response')),
    handler,
  })
}

function timeoutOf(settings: Settings): number | null {
  const timeoutMs = settings.milliseconds('timeout', null)
  if (timeoutMs === null || timeoutMs <= LIMITS.maxCallTimeoutMs) return timeoutMs
  throw settings.fault('timeout', `must be at most ${LIMITS.maxCallTimeoutMs} ms, not ${timeoutMs}`)
}

function timerOf(settings: Settings, payload: Codec): number | null {
  const given = settings.raw('timer')
  if (given === undefined) return null
  if (!isTimerPeriod(given)) {
    const range = `a whole number of milliseconds from ${MIN_TIMER_MS} to ${MAX_TIMER_MS}`
    throw settings.fault('timer', `must be ${range}, not ${shown(given)}`)
  }
  try {
    payload.accept(undefined)
  } catch (thrown) {
    throw settings.fault('timer', 'calls it without a payload, which its `payload` schema refuses', thrown)
  }
  return given
}

function isHandler(value: unknown): value is HandlerAction['handler'] {
  return typeof value === 'function'
}
