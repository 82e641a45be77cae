// The routes of what waits in the outbox: schedules and dead letters. They read a request, ask the gateway, and show what
// it answers as JSON with times in ISO 8601. What may be cancelled, retried or discarded is the gateway's to say.

import type { IncomingMessage } from 'node:http'

import type { DeadLetter, Gateway, LetterPage, Schedule } from '../ports/index.ts'
import type { ApiPath } from '../protocol/index.ts'
import { refuseBody } from './http-payload.ts'
import { pageOf, parseQuery } from './http-query.ts'
import { HttpRefusal } from './http-refusal.ts'
import { ACCEPTED, jsonReply, NO_CONTENT, type Reply } from './http-reply.ts'
import { isoTime } from './time-text.ts'

type SchedulePath = Extract<ApiPath, { kind: 'schedule' }>
type DeadLetterPath = Extract<ApiPath, { kind: 'dead-letter' | 'dead-letter-retry' }>

export class OutboxRoutes {
  readonly #gateway: Gateway

  constructor(gateway: Gateway) {
    this.#gateway = gateway
  }

  /** GET …/schedules */
  async listSchedules(query: string): Promise<Reply> {
    const page = await this.#gateway.schedules.list(pageOf(parseQuery(query, PAGE_QUERY)))
    return jsonReply({ schedules: page.items.map(scheduleView), ...unreadableOf(page), next: page.next })
  }

  /** DELETE …/schedules/{id} */
  async cancelSchedule({ id }: SchedulePath, query: string, request: IncomingMessage): Promise<Reply> {
    parseQuery(query, [])
    refuseBody(request, 'a DELETE of a schedule')
    if (await this.#gateway.schedules.cancel(id)) return NO_CONTENT
    throw notThere(`there is no schedule "${shown(id)}": it ran, was cancelled, or never was`, id)
  }

  /** GET …/dead-letters */
  async listDeadLetters(query: string): Promise<Reply> {
    const page = await this.#gateway.deadLetters.list(pageOf(parseQuery(query, PAGE_QUERY)))
    return jsonReply({ deadLetters: page.items.map(headOf), ...unreadableOf(page), next: page.next })
  }

  /** GET …/dead-letters/{id} */
  async readDeadLetter({ id }: DeadLetterPath, query: string): Promise<Reply> {
    parseQuery(query, [])
    const letter = await this.#gateway.deadLetters.get(id)
    if (letter === null) throw noDeadLetter(id)
    return jsonReply({ ...headOf(letter), payload: letter.payloadJson }, 200, ['Cache-Control', 'no-cache'])
  }

  /** POST …/dead-letters/{id}/retry */
  async retryDeadLetter({ id }: DeadLetterPath, query: string, request: IncomingMessage): Promise<Reply> {
    parseQuery(query, [])
    refuseBody(request, 'a retry of a dead letter')
    if (await this.#gateway.deadLetters.retry(id)) return ACCEPTED
    throw noDeadLetter(id)
  }

  /** DELETE …/dead-letters/{id} */
  async discardDeadLetter({ id }: DeadLetterPath, query: string, request: IncomingMessage): Promise<Reply> {
    parseQuery(query, [])
    refuseBody(request, 'a DELETE of a dead letter')
    if (await this.#gateway.deadLetters.discard(id)) return NO_CONTENT
    throw noDeadLetter(id)
  }
}

const PAGE_QUERY = ['limit', 'after']

function scheduleView(schedule: Schedule): object {
  const { id, to, action, cron, timeZone, from, metadata, attempts } = schedule
  const times = { dueAt: isoTime(schedule.dueAtMs), createdAt: isoTime(schedule.createdAtMs) }
  return { id, to, action, ...times, cron, timeZone, from, metadata, attempts }
}

/** All but the payload: a page of payloads could be larger than the memory. */
function headOf(letter: DeadLetter): object {
  const { id, from, to, action, metadata, attempts } = letter
  const error = { code: letter.error.code, message: letter.error.message }
  const times = { createdAt: isoTime(letter.createdAtMs), diedAt: isoTime(letter.diedAtMs) }
  return { id, from, to, action, ...times, error, attempts, metadata }
}

/** Named where there are any: mostly there are none. */
function unreadableOf({ unreadable }: LetterPage<unknown>): object {
  if (unreadable.length === 0) return {}
  const views = unreadable.map(({ atMs, box, error: { code, message }, id }) => {
    const at = isoTime(atMs)
    return { id, box, ...(box === 'dead' ? { diedAt: at } : { dueAt: at }), error: { code, message } }
  })
  return { unreadable: views }
}

function noDeadLetter(id: string): HttpRefusal {
  return notThere(`there is no dead letter "${shown(id)}": it was retried or discarded, or never was one`, id)
}

function notThere(message: string, id: string): HttpRefusal {
  return new HttpRefusal(404, message, { details: { id } })
}

/** Characters of an id that a message shows. */
const ID_SHOWN = 200

function shown(id: string): string {
  return id.length > ID_SHOWN ? `${id.slice(0, ID_SHOWN)}…` : id
}
