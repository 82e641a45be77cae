// What an operator or an application sees of the outbox, and may do to it: calls for a later time, and dead letters.

import { isSpawnError, LIMITS, SpawnError } from '../../base/index.ts'
import type {
  Box,
  DeadLetter,
  DeadLetters,
  LetterPage,
  PageRequest,
  Schedule,
  Schedules,
  StandingEnvelope,
  Statestore,
  UnreadableLetter,
} from '../../ports/index.ts'
import { type ActorId, isJsonType, jsonCodec, type Packed } from '../../protocol/index.ts'
import { actionOf, type Catalog } from '../catalog.ts'
import { type Correspondent, isOutbound, type Letter, letterFrom } from './letter.ts'
import type { OutsideLoad } from '../outside-commit.ts'
import { Parcel } from './parcel.ts'
import { isUnawaited, type Postmark } from './postmark.ts'

export interface LettersOptions {
  readonly system: string
  readonly store: Statestore
  readonly catalog: Catalog
  readonly postmark: Postmark
  /** Throws when no calls are taken now. */
  readonly admit: () => void
  readonly commit: (load: OutsideLoad) => Promise<boolean>
  /** Keeps an envelope that is on its way from having its turn, if that has not begun. */
  readonly supersede: (id: string) => void
}

export class Letters {
  private readonly options: LettersOptions

  constructor(options: LettersOptions) {
    this.options = options
  }

  get schedules(): Schedules {
    return {
      list: (page) => this.list('schedule', page, (envelope) => this.schedule(envelope)),
      cancel: (id) => this.cancel(id),
    }
  }

  get deadLetters(): DeadLetters {
    return {
      list: (page) => this.list('dead', page, (envelope) => this.deadLetter(envelope)),
      get: async (id) => {
        const envelope = await this.standing('dead', id)
        return envelope === null ? null : this.deadLetter(envelope)
      },
      retry: (id) => this.retry(id),
      discard: (id) => this.discard(id),
    }
  }

  /** One that cannot be read keeps nobody from the others. */
  private async list<Item>(
    box: UnreadableLetter['box'],
    page: Partial<PageRequest> | undefined,
    shown: (envelope: StandingEnvelope) => Item,
  ): Promise<LetterPage<Item>> {
    const { admit, store, system } = this.options
    admit()
    const { envelopes, next } = await store.listEnvelopes(system, box, pageOf(page))
    const items: Item[] = []
    const unreadable: UnreadableLetter[] = []
    for (const envelope of envelopes) {
      try {
        items.push(shown(envelope))
      } catch (thrown) {
        if (!isSpawnError(thrown) || thrown.group !== 'store') throw thrown
        const { code, message } = thrown
        unreadable.push({ id: envelope.id, box, atMs: envelope.dueAtMs, error: { code, message } })
      }
    }
    return { items, unreadable, next }
  }

  private async standing(box: Box, id: string): Promise<StandingEnvelope | null> {
    const { admit, store, system } = this.options
    admit()
    if (id === '' || Buffer.byteLength(id) > LIMITS.envelopeIdBytes) return null
    const [envelope] = await store.envelopes(system, [id])
    return envelope?.box === box ? envelope : null
  }

  /** One that nobody waits for need not be read: it may be that it cannot be. */
  private async cancel(id: string): Promise<boolean> {
    const envelope = await this.standing('schedule', id)
    if (envelope === null) return false
    const sends = isUnawaited(id) ? [] : this.told(Parcel.standing(envelope))
    this.options.supersede(id)
    return this.options.commit({ sends, takes: [id] })
  }

  /** The sender of an effect who waits to be told how it ends is told that it was cancelled. */
  private told(parcel: Parcel): Parcel[] {
    const { action, reply, to } = parcel.letter
    if (reply === undefined) return []
    const error = new SpawnError('CANCELLED', `the call of "${to[1]}" action "${action}" was cancelled`)
    return [this.options.postmark.failure(parcel, reply, error)]
  }

  private async discard(id: string): Promise<boolean> {
    if ((await this.standing('dead', id)) === null) return false
    return this.options.commit({ sends: [], takes: [id] })
  }

  private async retry(id: string): Promise<boolean> {
    const envelope = await this.standing('dead', id)
    if (envelope === null) return false
    return this.options.commit({ sends: [Parcel.standing(envelope).afresh(0, 'delivery')], takes: [id] })
  }

  private schedule({ dueAtMs, header, id }: StandingEnvelope): Schedule {
    const letter = letterFrom(id, header)
    const { action, attempts = 0, createdAtMs, metadata = {}, rhythm } = letter
    const cron = rhythm !== undefined && 'cron' in rhythm ? rhythm : null
    return {
      id,
      ...this.correspondents(letter),
      action,
      dueAtMs,
      cron: cron?.cron ?? null,
      timeZone: cron?.timeZone ?? null,
      metadata,
      attempts,
      createdAtMs,
    }
  }

  private deadLetter({ dueAtMs, header, id, payload }: StandingEnvelope): DeadLetter {
    const letter = letterFrom(id, header)
    const { action, attempts = 0, createdAtMs, error = UNKNOWN, metadata = {} } = letter
    const payloadJson = payload === null ? undefined : this.readable(letter, payload)
    const facts = { action, metadata, payloadJson, attempts, error, createdAtMs }
    return { id, ...this.correspondents(letter), ...facts, diedAtMs: dueAtMs }
  }

  private correspondents({ from, system, to }: Letter): {
    readonly from: ActorId | null
    readonly to: ActorId
  } {
    const own = this.options.system
    return { from: from === null ? null : idOf(own, from), to: idOf(system ?? own, to) }
  }

  /** A payload that its receiver cannot read, which may be why it died, is shown as the JSON or the bytes that it is. */
  private readable(letter: Letter, payload: Packed): unknown {
    const { catalog, system } = this.options
    const { action, to } = letter
    const residents = isOutbound(letter, system) ? undefined : catalog.residents(to[1], to[0])
    try {
      const codec = residents === undefined ? jsonCodec : actionOf(residents, action).payload
      return codec.toJson(codec.accept(payload))
    } catch (thrown) {
      if (!isSpawnError(thrown)) throw thrown
      return asItIs(payload)
    }
  }
}

const UNKNOWN = { code: 'DEFECT', message: 'not known' } as const

/** What it says, if that is JSON; else its type and its bytes. */
function asItIs(payload: Packed): unknown {
  const { typeUrl, value } = payload
  try {
    if (isJsonType(typeUrl)) return jsonCodec.accept(payload)
  } catch (thrown) {
    if (!isSpawnError(thrown)) throw thrown
  }
  return { typeUrl, base64: Buffer.from(value).toString('base64') }
}

function idOf(system: string, [parent, name]: Correspondent): ActorId {
  return { system, parent, name }
}

/** @throws SpawnError INVALID_ARGUMENT */
export function pageOf(page: Partial<PageRequest> = {}): PageRequest {
  const limit = page.limit ?? LIMITS.defaultPageSize
  if (!(Number.isSafeInteger(limit) && limit > 0 && limit <= LIMITS.pageSize)) {
    throw new SpawnError('INVALID_ARGUMENT', `a page has 1 to ${LIMITS.pageSize} entries, not ${limit}`)
  }
  return { ...page, limit }
}
