#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What replay says of other people's labelled captures, as a table.

    tests/labels.py [FOLDER]        default: ../shared/pcaps, seen from the project

Hosts labelled spam bot, worm or scanner of addresses or ports, with enough in the capture to be seen, must be
suspected or better; hosts labelled clean, infected without scanning, spoofed or victim must not be named at all.
"""
import json
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
GATEPOST = TOP / "build" / "gatepost"
WANTED = {"spam-bot", "p2p-bot", "worm", "horizontal-scanner", "vertical-scanner", "brute-forcer", "http-vuln-scanner"}
# Malicious, but by what is judged elsewhere, or not to be told from a visit: whole ranges, a shell that somebody left.
OTHER = {"scanner-prefix", "webshell-operator", "unlabelled-top-talker"}
# Labelled as wanted, and not to be seen; the reason stands beside it.
UNSEEN = {
    "httpscan__ACandeias__webattack.pcap": "single requests without handshakes: nothing is proved, and each is one visit",
    "httpscan__OTRF__pcap_log4shell_cve2021_44228_java_serialized_2022-.pcapng": "one request",
    "httpscan__initconf__159.89.97.175.pcap": "one request",
    "httpscan__initconf__HTTP-POSTS.pcap": "one to three requests of each host",
    "httpscan__zeek__http.pcap": "one request",
    "httpscan__markofu__HackChallenge_Cmas2011.pcap": "17 posts to one page, all answered with 200: the hole is in what they say",
    "httpscan__tklab-tud__JoomlaScan.pcap": "11 requests, nine of them answered with 200",
    "httpscan__tklab-tud__Mirai-x-Log4j.pcap": "30 requests for the same page: the hole is in their heads",
    "httpscan__esnet-security__nmap_80_all.pcap": "31 requests, of which 16 were heard",
    "httpscan__esnet-security__nmap_80_w_service_detection.pcap": "8 requests",
    "httpscan__ntop__WebattackRCE.pcap": "too few of its paths are heard (evidence.flows)",
    "brute__cisco__kali-password-attack_hydra.pcap": "7 sessions of SSH: as many as a forgotten password makes",
    "brute__gokulsundarc__bruteforce.pcapng": "21 sessions of SSH, none of them readable: below 30 in 10 min",
    "brute__initconf__RDP-many-hosts-many-accounts.pcap": "25 brief flows in 6.7 hours, to 21 servers",
    "brute__initconf__RDP-one-account-many-hosts.pcap": "11 brief flows in 23 hours",
    "brute__initconf__RDP-sHost_sAccount_mPasswords.pcap": "5 brief flows in 10 min, for 9 hours: as slow as a monitor",
    "brute__initconf__RDP-same-account-many-machines.pcap": "24 brief flows in 2.5 hours, to 24 servers",
    "brute__kakshaykumar__ftp-credential-attack.pcap": "11 refusals: as many as a forgotten password makes",
    "brute__kakshaykumar__http-auth-credential-attack.pcap": "10 refusals: as many as a forgotten password makes",
    "brute__zeek__sshguess.pcap": "11 sessions of SSH: as many as a forgotten password makes",
    "hscan__zakaria-thami__attack.pcap": "no SYN-ACK in the capture: nothing is proved of the source",
    "hscan__initconf__11-445-tcp-scan.pcap": "9 failures are certain at the end of the capture, 12 are asked for",
    "hscan__initconf__VNCScanner.pcap": "97 % of its contacts answer: password guessing, not scanning",
    "spam__OISF__input.pcap": "authenticated submission: the server's matter, one flow",
    "spam__jbremer__2014-08-13-element1208_spm2.exe-sandbox-analysis.pcap": "two proved flows to port 25, no recipient",
    "vscan__farazsth98__23.pcap": "segments without any flag: no SYN, no attempt",
    "vscan__farazsth98__28.pcap": "FIN, PSH and URG: no SYN, no attempt",
    "vscan__markofu__ACK_SCAN.pcap": "ACK segments: no SYN, no attempt",
}


def replay(path):
    done = subprocess.run([GATEPOST, "replay", "--format", "ndjson", path], capture_output=True, timeout=300)
    hosts = {}
    if done.returncode:
        raise SystemExit(f"{path}: exit code {done.returncode}: {done.stderr.decode(errors='replace')}")
    for host in json.loads(done.stdout)["hosts"]:
        hosts.setdefault(host["address"], []).append(f"{host['verdict']} {host['kind']}")
    return hosts


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else TOP.parent / "shared" / "pcaps")
    labels = folder / "labels.json"
    if not labels.exists():
        print(f"skipped: no labels at {labels}\n0 passed, 0 failed, 1 skipped")
        return 0
    passed, failures = 0, []
    print(f"{'capture':44} {'host':40} {'label':22} verdict")
    for capture in json.loads(labels.read_text()):
        name = pathlib.Path(capture["file"]).name
        named = replay(folder / capture["file"])
        for host in capture["hosts"]:
            verdicts = ", ".join(named.get(host["ip"], [])) or "-"
            label = host["label"]
            note, good = "", True
            if label in WANTED:
                good = verdicts != "-" or name in UNSEEN
                note = f"  ({UNSEEN[name]})" if verdicts == "-" and name in UNSEEN else ""
            elif label not in OTHER:
                good = verdicts == "-"
            print(f"{'' if good else 'WRONG '}{name[:44]:44} {host['ip']:40} {label:22} {verdicts}{note}")
            if good:
                passed += 1
            else:
                failures.append(f"{name}: {host['ip']} is labelled {label}, verdict {verdicts}")
    for failure in failures:
        print(f"not ok - {failure}")
    print(f"{passed} passed, {len(failures)} failed, 0 skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
