// How NATS is reached, as plain data: no paths and no variables, but what stands in them. Where it comes from is the
// composition root's.

/** Who connects. Null in the settings: whoever comes is let in. */
export type NatsIdentity =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  /** The seed of an NKEY: `SU…`. */
  | { readonly kind: 'nkey'; readonly seed: string }
  /** The text of a credentials file: a JWT and the seed of its user, as `nsc` writes it. */
  | { readonly kind: 'credentials'; readonly text: string }
  /** A JWT alone, for servers that let its bearer in. */
  | { readonly kind: 'jwt'; readonly jwt: string }

export interface NatsTls {
  /** Whether the server's certificate is checked. */
  readonly verify: boolean
  /** PEM texts. The authority of the server's certificate; absent: those that Node knows. */
  readonly ca?: string | undefined
  /** This member's own certificate and key; absent: it shows none. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The name that the server's certificate must have; absent: the host's. */
  readonly serverName?: string | undefined
}

export interface NatsSettings {
  /** `host:port`; any of them will do, and others that these tell of. */
  readonly servers: readonly string[]
  readonly identity: NatsIdentity | null
  /** Null: encrypted only if the server wants it. */
  readonly tls: NatsTls | null
}
