// The route of facts: a page of them as JSON, with times in ISO 8601. Which there are, and when some come, is the gateway's to
// say.

import type { Fact, Gateway } from '../ports/index.ts'
import { LIMITS } from '../base/index.ts'
import { parseQuery, wholeNumber } from './http-query.ts'
import { jsonReply, type Reply } from './http-reply.ts'
import { isoTime } from './time-text.ts'

/**
 * GET …/facts
 *
 * @param patience made for who waits: aborts when nobody waits for the reply any more, or when it has to leave.
 */
export async function factsReply(
  gateway: Gateway,
  query: string,
  patience: () => AbortSignal,
): Promise<Reply> {
  const parameters = parseQuery(query, ['actor', 'definition', 'limit', 'after', 'wait'])
  const limit = parameters.get('limit')
  const after = parameters.get('after')
  const wait = parameters.get('wait')
  const { facts, isLast, next } = await gateway.facts.read({
    actor: parameters.get('actor'),
    definition: parameters.get('definition'),
    ...(limit !== undefined && { limit: wholeNumber(limit, named('limit'), LIMITS.pageSize) }),
    ...(after !== undefined && { after: wholeNumber(after, named('after'), Number.MAX_SAFE_INTEGER, 0) }),
    ...(wait !== undefined && {
      waitMs: wholeNumber(wait, `${named('wait')}, in milliseconds,`, LIMITS.factsWaitMs, 0),
      signal: patience(),
    }),
  })
  return jsonReply({ facts: facts.map(factView), next, isLast }, 200, ['Cache-Control', 'no-cache'])
}

function named(parameter: string): string {
  return `the query parameter "${parameter}"`
}

function factView({ action, actor, atMs, id, metadata, position, revision, stateJson: state }: Fact): object {
  const { name, parent, system } = actor
  return {
    position,
    id,
    actor: { system, parent, name },
    action,
    revision,
    at: isoTime(atMs),
    metadata,
    state,
  }
}
