// Machines of their own for members, as far as the network goes: network namespaces of Linux, each with one cable to the servers
// and one to the callers. What is done to a cable is done to real packets: connections do not end by it, and whoever waits
// is told nothing, as no proxy between two connections can have it. Decides how such a network is made, cut and taken
// away; what happens when is chaos.ts's.
//
// Servers listen on 127.0.0.1 of this machine. From a namespace they are reached at `gateway`, by the ports that they have, and
// to them all comes from 127.0.0.1.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The names of links have 15 characters at most. */
const LAN = 'spl'
const DOOR = 'spd'
/** Networks of this machine that a run may take. */
const NETWORKS = 200
/** Hosts of a network before the first machine's. */
const FIRST_HOST = 10

/** Which packets of the cable to the servers are lost. */
export interface Loss {
  /** `out`: what the machine sends. Absent: both directions. */
  readonly only?: 'in' | 'out'
  /** Absent: of all ports. */
  readonly port?: number
  /** Of a hundred. Absent: all. */
  readonly percent?: number
}

/** Why there can be none here; null: there can. */
export function noMachines(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are Linux'
  if (process.getuid?.() !== 0) return 'network namespaces are made by root'
  try {
    run('ip', 'netns', 'list')
    run('nft', 'list', 'tables')
    return null
  } catch (thrown) {
    return `network namespaces need ip and nft (of iproute2 and nftables): ${String(thrown)}`
  }
}

/** Two networks of this machine, with nobody in them yet. */
export class Machines {
  readonly #number: number
  readonly #machines: Machine[] = []

  private constructor(number: number) {
    this.#number = number
  }

  static make(): Machines {
    const taken = run('ip', '-o', 'link')
    const first = process.pid % NETWORKS
    const numbers = Array.from({ length: NETWORKS }, (_, at) => (first + at) % NETWORKS)
    const free = numbers.find((number) => !taken.includes(`: ${LAN}${number}`))
    if (free === undefined) throw new Error(`${NETWORKS} networks are there already`)
    const machines = new Machines(free)
    machines.#build()
    return machines
  }

  /** Where the servers of this machine are reached from all of these. */
  get gateway(): string {
    return `10.231.${this.#number}.1`
  }

  /** @param name a letter or two. */
  add(name: string): Machine {
    const machine = Machine.in(this.#number, name, FIRST_HOST + this.#machines.length)
    this.#machines.push(machine)
    return machine
  }

  /** Nothing may run in them any more. */
  end(): void {
    for (const machine of this.#machines) machine.end()
    run('ip', 'link', 'delete', `${LAN}${this.#number}`)
    run('ip', 'link', 'delete', `${DOOR}${this.#number}`)
    run('nft', 'delete', 'table', 'ip', `${LAN}${this.#number}`)
  }

  #build(): void {
    const lan = `${LAN}${this.#number}`
    bridge(lan, `${this.gateway}/24`)
    bridge(`${DOOR}${this.#number}`, `10.232.${this.#number}.1/24`)
    // So that what comes over the bridge may be handed to 127.0.0.1.
    run('sysctl', '-qw', `net.ipv4.conf.${lan}.route_localnet=1`)
    nft(
      [],
      `table ip ${lan} {
        chain arriving {
          type nat hook prerouting priority dstnat;
          iifname "${lan}" ip daddr ${this.gateway} meta l4proto tcp dnat to 127.0.0.1;
        }
        chain entering {
          type nat hook input priority 100;
          ip saddr 10.231.${this.#number}.0/24 ip daddr 127.0.0.1 snat to 127.0.0.1;
        }
      }`,
    )
  }
}

export class Machine {
  /** Where callers reach what listens there. */
  readonly host: string
  /** What a command begins with that runs there. */
  readonly enter: readonly string[]
  readonly #space: string
  readonly #cable: string
  /** By what they are for. */
  readonly #rules = new Map<string, readonly string[]>()

  private constructor(space: string, cable: string, host: string) {
    this.#space = space
    this.#cable = cable
    this.host = host
    this.enter = ['ip', 'netns', 'exec', space]
  }

  static in(network: number, name: string, host: number): Machine {
    const space = `spawn-${network}-${name}`
    run('ip', 'netns', 'add', space)
    run('ip', '-n', space, 'link', 'set', 'lo', 'up')
    const cable = `${LAN}${network}-${name}`
    plugIn(space, cable, { bridge: `${LAN}${network}`, as: 'lan', address: `10.231.${network}.${host}/24` })
    const door = { bridge: `${DOOR}${network}`, as: 'door', address: `10.232.${network}.${host}/24` }
    plugIn(space, `${DOOR}${network}-${name}`, door)
    return new Machine(space, cable, `10.232.${network}.${host}`)
  }

  /** The other end of the cable to the servers is pulled out. */
  pull(): void {
    run('ip', 'link', 'set', this.#cable, 'down')
  }

  plug(): void {
    run('ip', 'link', 'set', this.#cable, 'up')
  }

  /** Packets are lost from now on, until `keep` of the same name. */
  lose(what: string, { only, percent, port }: Loss): void {
    const part = percent === undefined ? '' : `numgen random mod 100 < ${percent} `
    const to = port === undefined ? '' : `tcp dport ${port} `
    const from = port === undefined ? '' : `tcp sport ${port} `
    const rules = []
    if (only !== 'in') rules.push(`oifname "lan" ${to}${part}drop`)
    if (only !== 'out') rules.push(`iifname "lan" ${from}${part}drop`)
    this.#set(what, rules)
  }

  /**
   * The connections that there are now carry nothing any more, as when something between the two has forgotten them; new ones
   * do. Neither side is told, also not by an answer to what it sends.
   */
  forget(what: string): void {
    const ports = this.#localPorts()
    if (ports.length === 0) return
    const these = `{ ${ports.join(', ')} }`
    this.#set(what, [
      `oifname "lan" tcp sport ${these} drop`,
      `iifname "lan" tcp dport ${these} drop`,
      `oifname "lan" tcp flags & rst == rst drop`,
    ])
  }

  keep(what: string): void {
    if (this.#rules.delete(what)) this.#apply()
  }

  /** So many kilobits go out in a second, and what waits is lost after a while. */
  slow(kilobits: number): void {
    const shape = ['root', 'tbf', 'rate', `${kilobits}kbit`, 'burst', '16kb', 'latency', '400ms']
    run('tc', '-n', this.#space, 'qdisc', 'replace', 'dev', 'lan', ...shape)
  }

  fast(): void {
    run('tc', '-n', this.#space, 'qdisc', 'delete', 'dev', 'lan', 'root')
  }

  end(): void {
    run('ip', 'netns', 'delete', this.#space)
  }

  #set(what: string, rules: readonly string[]): void {
    this.#rules.set(what, rules)
    this.#apply()
  }

  #apply(): void {
    const rules = [...this.#rules.values()].flat()
    const those = (end: string): string => rules.filter((rule) => rule.startsWith(end)).join(';\n')
    nft(
      this.enter,
      `table ip cuts {}
      delete table ip cuts
      table ip cuts {
        chain leaving { type filter hook output priority 0; ${those('oifname')}; }
        chain arriving { type filter hook input priority 0; ${those('iifname')}; }
      }`.replaceAll('; ;', ';'),
    )
  }

  /** Those of its TCP connections on the cable to the servers. */
  #localPorts(): readonly number[] {
    const [first = ''] = run('ip', 'netns', 'pids', this.#space).split('\n')
    if (first === '') return []
    const sockets = readFileSync(`/proc/${first}/net/tcp`, 'latin1').trim().split('\n').slice(1)
    // Addresses are hexadecimal with the low byte first: 10.231 ends with E70A.
    const local = sockets.map((line) => line.trim().split(/\s+/)[1]?.split(':') ?? [])
    return local
      .filter(([address = '']) => address.endsWith('E70A'))
      .map(([, port = '']) => Number.parseInt(port, 16))
  }
}

function bridge(name: string, address: string): void {
  run('ip', 'link', 'add', name, 'type', 'bridge')
  run('ip', 'address', 'add', address, 'dev', name)
  run('ip', 'link', 'set', name, 'up')
}

function plugIn(
  space: string,
  link: string,
  at: { readonly bridge: string; readonly as: string; readonly address: string },
): void {
  run('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', at.as, 'netns', space)
  run('ip', 'link', 'set', link, 'master', at.bridge, 'up')
  run('ip', '-n', space, 'address', 'add', at.address, 'dev', at.as)
  run('ip', '-n', space, 'link', 'set', at.as, 'up')
}

function nft(enter: readonly string[], rules: string): void {
  const [command, ...words] = [...enter, 'nft', '-f', '-']
  execFileSync(command, words, { input: rules, stdio: ['pipe', 'ignore', 'pipe'] })
}

function run(command: string, ...words: readonly string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
