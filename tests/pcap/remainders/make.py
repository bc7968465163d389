#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft
from craft import Raw, inet, inet6, l2
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.ppp import PPP, PPPoE, PPPoED

HERE, THERE, HERE6, THERE6 = "10.20.0.70", "198.51.100.70", "fd00::70", "2001:db8::70"
LINK_80211 = 105


def frame(*layers, **fields):
    packet = l2.Ether(src=craft.GATEWAY_MAC, dst=craft.ROUTER_MAC, **fields)
    for layer in layers:
        packet = packet / layer
    return bytes(packet)


def syn(v6=False, **fields):
    src, dst = (HERE6, THERE6) if v6 else (HERE, THERE)
    return craft.ip(src, dst) / inet.TCP(sport=40000, dport=80, flags="S", seq=1, **fields)


def options6(count):
    """IPv6 with so many destination options headers before TCP."""
    packet = inet6.IPv6(src=HERE6, dst=THERE6)
    for _ in range(count):
        packet = packet / inet6.IPv6ExtHdrDestOpt()
    return packet / inet.TCP(sport=40000, dport=80, flags="S")


def fragments():
    """A datagram of 3,000 bytes in 17 parts over IPv4; one in two parts over IPv6, and an atomic fragment."""
    whole = inet.IP(src=HERE, dst=THERE, id=99) / inet.UDP(sport=5000, dport=5001) / Raw(bytes(3000))
    yield from inet.fragment(whole, 184)
    whole6 = inet6.IPv6(src=HERE6, dst=THERE6) / inet6.IPv6ExtHdrFragment(id=99)
    yield from inet6.fragment6(whole6 / inet.UDP(sport=5000, dport=5001) / Raw(bytes(2000)), 1100)
    yield inet6.IPv6(src=HERE6, dst=THERE6) / inet6.IPv6ExtHdrFragment(id=100) / inet.UDP(sport=5000, dport=5001)


def gtp_extensions(count):
    chain = b"\1\0\0\x85" * (count - 1) + b"\1\0\0\0"
    header = GTP_U_Header(teid=5, gtp_type=255, E=1, next_ex=0x85, length=4 + 4 * count + 40)
    return craft.ip(HERE, THERE) / inet.UDP(sport=2152, dport=2152) / Raw(bytes(header)[:12] + chain) / syn()


def frames():
    """(how often, frame); the numbers differ, so that no reason can be taken for another."""
    cut = frame(syn())
    yield 1, bytes(72705)                                                         # frame_too_long
    yield 2, frame(l2.ARP(psrc=HERE, pdst=THERE))                                 # arp
    yield 3, frame(Raw(b"\2\7\4\2\0\0\0\0\1" + bytes(37)), type=0x88CC)           # not_ip: LLDP
    yield 4, bytes(l2.Dot3(dst="01:80:c2:00:00:00") / l2.LLC() / l2.STP())        # llc
    yield 3, frame(PPPoED(code=9) / Raw(b"\1\1\0\0"))                             # ppp_control: discovery
    yield 2, frame(PPPoE(sessionid=7) / PPP(proto=0xC021) / Raw(b"\x09\1\0\x08" + bytes(4)))  # and LCP
    yield 6, cut[:13]                                                             # frame_too_short
    yield 4, cut[:20]                                                             # truncated in IPv4,
    yield 3, cut[:14 + 20 + 19]                                                   # in TCP,
    yield 1, frame(options6(1))[:14 + 40 + 4]                                     # in an extension header
    yield 9, frame(*[l2.Dot1Q(vlan=i) for i in range(5)], syn())                  # vlan_too_deep
    yield 10, frame(*[MPLS(label=i, s=0) for i in range(8)], MPLS(label=9, s=1), syn())  # mpls_too_deep
    yield 11, frame(MPLS(label=9, s=1), Raw(bytes(4)), syn(), type=0x8847)        # mpls_not_ip: a pseudowire
    yield 12, frame(PPPoE(version=2, sessionid=7), PPP(proto=0x21), syn())        # pppoe_malformed
    yield 13, frame(syn(True), type=0x0800)                                       # ip_version
    yield 14, frame(inet.IP(src=HERE, dst=THERE, ihl=4), Raw(bytes(20)))          # ipv4_malformed
    yield 15, frame(inet6.IPv6(src=HERE6, dst=THERE6, plen=8, nh=60) / Raw(b"\6\1" + bytes(14)))  # ipv6_malformed
    yield 16, frame(options6(9))                                                  # ipv6_ext_too_deep
    for part in fragments():                                                      # fragment_later: 17; 3 are read
        yield 1, frame(part)
    yield 18, frame(syn(dataofs=4))                                               # tcp_malformed
    yield 19, frame(craft.ip(HERE, THERE) / inet.UDP(sport=1, dport=2, len=7))    # udp_malformed
    yield 20, frame(inet.IP(src=HERE, dst=THERE, proto=47) / Raw(b"\x20\0\x08\0"))  # tunnel_malformed: no key
    yield 21, frame(gtp_extensions(5))                                            # tunnel_too_deep
    yield 22, frame(options6(8))                                                  # as many as are read
    yield 23, frame(gtp_extensions(4))
    yield 24, frame(craft.ip(HERE, THERE) / inet.ICMP(type=8) / Raw(bytes(8)))


def files():
    capture, radio = craft.Capture(), craft.Capture()
    for i, (count, data) in enumerate(frames()):
        for n in range(count):
            capture.add(i + 0.01 * n, data)
    for n in range(7):
        radio.add(n + 0.5, b"\x80\0\0\0" + bytes(32))
    return {"input.pcap": capture.pcap(), "radio.pcap": radio.pcap(LINK_80211)}


if __name__ == "__main__":
    craft.save(__file__, files())
