# SPDX-License-Identifier: GPL-2.0-or-later
"""The captures of two cases: a short HTTP conversation in each encapsulation, over IPv4 and over IPv6."""
import craft
from craft import inet, inet6, l2
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN


def ends(outbound):
    return ("192.0.2.1", "192.0.2.2") if outbound else ("192.0.2.2", "192.0.2.1")


def outer4(outbound):
    src, dst = ends(outbound)
    return inet.IP(src=src, dst=dst, id=1)


def outer6(outbound):
    src, dst = ends(outbound)
    return inet6.IPv6(src=f"2001:db8::{src[-1]}", dst=f"2001:db8::{dst[-1]}")


def ppp(packet):
    return PPPoE(sessionid=7) / PPP(proto=0x57 if packet.version == 6 else 0x21) / packet


def labels(*values):
    stack = [MPLS(label=value, s=int(i == len(values) - 1), ttl=64) for i, value in enumerate(values)]
    whole = stack[0]
    for entry in stack[1:]:
        whole = whole / entry
    return whole


def inner_frame(packet):
    return l2.Ether(src="02:00:00:00:00:03", dst="02:00:00:00:00:04") / packet


ETHERTYPE = {4: 0x0800, 6: 0x86DD}
GTP_CONTAINER = b"\1\0\0\0"  # one extension header of four bytes, the last one

# Each takes the IP packet and its direction, and gives what stands behind the Ethernet header.
LINK_LAYERS = [
    lambda p, out: p,
    lambda p, out: l2.Dot1Q(vlan=10) / p,
    lambda p, out: l2.Dot1AD(vlan=100) / l2.Dot1Q(vlan=10) / p,
    lambda p, out: l2.Dot1Q(vlan=1) / l2.Dot1Q(vlan=2) / l2.Dot1Q(vlan=3) / l2.Dot1Q(vlan=4) / p,
    lambda p, out: l2.Dot1Q(prio=5, vlan=0) / p,
    lambda p, out: ppp(p),
    lambda p, out: l2.Dot1AD(vlan=100) / l2.Dot1Q(vlan=10) / ppp(p),
    lambda p, out: labels(1000) / p,
    lambda p, out: labels(1000, 2000, 3000) / p,
    lambda p, out: l2.Dot1Q(vlan=10) / labels(1000, 2000) / p,
]
TUNNELS = [
    lambda p, out: outer4(out) / l2.GRE(proto=ETHERTYPE[p.version]) / p,
    lambda p, out: outer4(out) / l2.GRE(proto=ETHERTYPE[p.version], key_present=1, key=9, seqnum_present=1) / p,
    lambda p, out: outer4(out) / l2.GRE(proto=0x6558) / inner_frame(p),
    lambda p, out: outer4(out) / p,
    lambda p, out: outer6(out) / p,
    lambda p, out: outer4(out) / inet.UDP(sport=50000, dport=4789) / VXLAN(vni=77) / inner_frame(p),
    lambda p, out: outer4(out) / inet.UDP(sport=2152, dport=2152) / GTP_U_Header(teid=5, gtp_type=255) / p,
    lambda p, out: outer6(out) / l2.GRE(proto=ETHERTYPE[p.version]) / p,
]


def capture():
    taken = craft.Capture()
    for n, stack in enumerate(LINK_LAYERS + TUNNELS):
        for client, server in ((f"10.20.1.{n}", "198.18.0.80"), (f"fd00:0:0:{n:x}00::1", "2001:db8:8::80")):
            talk = craft.Talk(taken, client, server, 40000 + n, 80, 2 * n + (":" in client),
                              link=lambda packet, outbound: craft.ether(stack(packet, outbound), outbound))
            talk.open().client("GET / HTTP/1.1\r\nHost: a\r\n").server("HTTP/1.1 200 OK\r\n").close()
    return taken
