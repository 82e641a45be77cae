// The `channels` setting of a definition: the topics that it listens to, each with the action that takes what is broadcast
// there.

import { didYouMean } from '../base/index.ts'
import type { HandlerAction } from '../hosts/index.ts'
import { Settings, shown } from './settings.ts'

/** The action of a topic that names none. */
const RECEIVE = 'receive'

/** A topic alone means the action `receive`. */
export type ChannelSetting = string | { readonly topic: string; readonly action: string }

export function channelsOf(
  settings: Settings,
  actions: ReadonlyMap<string, HandlerAction>,
): ReadonlyMap<string, string> {
  const given = settings.raw('channels') ?? []
  if (!Array.isArray(given)) {
    throw settings.fault('channels', `must be an array of topics, not ${shown(given)}`)
  }
  const channels = new Map<string, string>()
  for (const [at, entry] of given.entries()) {
    const { action, topic } = channelOf(settings, `channels[${at}]`, entry)
    if (channels.has(topic)) {
      throw settings.fault(
        `channels[${at}]`,
        `has the topic ${JSON.stringify(topic)} again; a topic has one action`,
      )
    }
    checkAction(settings, `channels[${at}]`, action, actions)
    channels.set(topic, action)
  }
  return channels
}

function channelOf(settings: Settings, name: string, entry: unknown): { topic: string; action: string } {
  if (typeof entry === 'string') return { topic: topicOf(settings, name, entry), action: RECEIVE }
  const channel = new Settings(`${settings.subject} ${name}`, entry, ['topic', 'action'])
  const action = channel.raw('action') ?? RECEIVE
  if (typeof action !== 'string') {
    throw channel.fault('action', `must be the name of an action, not ${shown(action)}`)
  }
  return { topic: topicOf(channel, 'topic', channel.raw('topic')), action }
}

function topicOf(settings: Settings, name: string, topic: unknown): string {
  if (typeof topic === 'string' && topic !== '') return topic
  throw settings.fault(name, `must be a topic, a text that is not empty, not ${shown(topic)}`)
}

function checkAction(
  settings: Settings,
  name: string,
  action: string,
  actions: ReadonlyMap<string, HandlerAction>,
): void {
  const found = actions.get(action)
  if (found === undefined) {
    const known = [...actions.keys()]
    const hint = didYouMean(action, known)
    const there = `there are ${known.join(', ') || 'none'}`
    const other = action === RECEIVE ? '; another one is named by { topic, action }' : ''
    throw settings.fault(name, `needs an action "${action}"${hint}; ${there}${other}`)
  }
  if (found.query) {
    throw settings.fault(
      name,
      `goes to the action "${action}", which is a query: it could do nothing with it`,
    )
  }
}
