// Names of well-known ports, as /etc/services and IANA's registry have them. A table, not a file of the machine: what is
// printed is the same everywhere.

/** Services that are the same over TCP and UDP, or exist over one of them only. */
const SERVICES: Readonly<Record<number, string>> = {
  7: "echo",
  9: "discard",
  13: "daytime",
  17: "qotd",
  19: "chargen",
  20: "ftp-data",
  21: "ftp",
  22: "ssh",
  23: "telnet",
  25: "smtp",
  37: "time",
  43: "whois",
  53: "domain",
  67: "bootps",
  68: "bootpc",
  69: "tftp",
  79: "finger",
  80: "http",
  88: "kerberos",
  110: "pop3",
  111: "sunrpc",
  119: "nntp",
  123: "ntp",
  143: "imap2",
  161: "snmp",
  162: "snmp-trap",
  179: "bgp",
  389: "ldap",
  443: "https",
  445: "microsoft-ds",
  465: "submissions",
  500: "isakmp",
  546: "dhcpv6-client",
  547: "dhcpv6-server",
  554: "rtsp",
  587: "submission",
  631: "ipp",
  636: "ldaps",
  853: "domain-s",
  989: "ftps-data",
  990: "ftps",
  993: "imaps",
  995: "pop3s",
  1080: "socks",
  1194: "openvpn",
  1883: "mqtt",
  2049: "nfs",
  3306: "mysql",
  3389: "ms-wbt-server",
  3478: "stun",
  4500: "ipsec-nat-t",
  5060: "sip",
  5201: "iperf3",
  5222: "xmpp-client",
  5353: "mdns",
  5355: "llmnr",
  5432: "postgresql",
  5672: "amqp",
  5683: "coap",
  5900: "vnc",
  6379: "redis",
  8080: "http-alt",
  8883: "secure-mqtt",
};

/** Numbers that mean something else over UDP. */
const OVER_UDP: Readonly<Record<number, string>> = { 514: "syslog", 520: "route" };

/** The service's name, or null. Sockets of other kinds have an identifier or a protocol for a port, and no service. */
export function serviceName(port: number, kind: string): string | null {
  if (kind === "udp") return OVER_UDP[port] ?? SERVICES[port] ?? null;
  return kind === "tcp" ? (SERVICES[port] ?? null) : null;
}

/** The port that a name or a number stands for; null when it is neither. */
export function portOf(text: string): number | null {
  if (/^\d{1,5}$/.test(text)) return Number(text) <= 0xffff ? Number(text) : null;
  const found = Object.entries({ ...SERVICES, ...OVER_UDP }).find(([, name]) => name === text);
  return found ? Number(found[0]) : null;
}

/** "80", or "http" unless `numeric`; "*" for none. */
export function portText(port: number, kind: string, numeric: boolean): string {
  if (port === 0) return "*";
  return (numeric ? null : serviceName(port, kind)) ?? String(port);
}
