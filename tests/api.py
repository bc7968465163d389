#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A running agent's answers: the same over the control socket, over HTTP and as tables; as docs/api.schema.json has them;
and equal to the report that replay writes of the same capture.

Needs build/gatepost and build/tests/print_agent. Exit: 0 all passed, 1 one did not.
"""
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent
GATEPOST = ROOT / "build" / "gatepost"
AGENT = ROOT / "build" / "tests" / "print_agent"
CAPTURES = ("spam-bot-ipv4", "scan-connect-ipv6", "link-scanner", "remainders")
passed = failed = 0


def check(name, condition, said=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"not ok - {name}: {str(said)[:600]}")


def validator():
    """Both schemas under names that a resolver can join; nothing is fetched."""
    def load(name):
        text = (ROOT / "docs" / name).read_text()
        for part in ("report", "api"):
            text = text.replace(f"urn:gatepost:{part}:1", f"https://{part}.invalid/1")
        return json.loads(text)

    api, report = load("api.schema.json"), load("report.schema.json")
    jsonschema.Draft202012Validator.check_schema(api)
    resolver = jsonschema.RefResolver(api["$id"], api, store={report["$id"]: report})
    return {"api": jsonschema.Draft202012Validator(api, resolver=resolver),
            "report": jsonschema.Draft202012Validator(report)}


class Agent:
    def __init__(self, capture):
        self.directory = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.directory.name, "gatepost.sock")
        self.token = secrets.token_hex(16)
        token_file = os.path.join(self.directory.name, "token")
        with open(os.open(token_file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(self.token + "\n")
        self.process = subprocess.Popen([AGENT, capture, self.socket, token_file], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def end(self):
        _, said = self.process.communicate("")
        self.directory.cleanup()
        return self.process.returncode, said

    def cli(self, *arguments):
        done = subprocess.run([GATEPOST, *arguments, "--socket", self.socket], capture_output=True, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def json(self, *arguments):
        code, out, err = self.cli(*arguments, "--json")
        check(f"{arguments} --json", code == 0 and not err, err)
        return json.loads(out)

    def http(self, path, token=True):
        headers = {"Authorization": "Bearer " + self.token} if token else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers


def replay(capture, *arguments):
    return subprocess.run([GATEPOST, "replay", *arguments, capture], capture_output=True, check=True, cwd=ROOT).stdout.decode()


def errors_of(schema, document):
    return "; ".join(error.message[:200] for error in schema.iter_errors(document))


def test_lists(agent, report, schemas):
    for name in ("hosts", "ranges", "networks"):
        answer = agent.json(name)
        check(f"{name}: schema", not errors_of(schemas["api"], answer), errors_of(schemas["api"], answer))
        check(f"{name}: as reported", answer[name] == report[name])
        check(f"{name}: matching", answer["matching"] == len(report[name]))
        status, text, headers = agent.http("/api/v1/" + name)
        check(f"{name}: over HTTP", status == 200 and json.loads(text) == answer, text)
        check(f"{name}: type", headers["Content-Type"] == "application/json")
        check(f"{name}: --limit 1", agent.json(name, "--limit", "1")[name] == report[name][:1])
        code, out, err = agent.cli(name)
        check(f"{name}: table", code == 0 and not err and "\x1b" not in out, err)
        check(f"{name}: table has all", all(entry.get("address", entry.get("prefix", "")) in out for entry in report[name]), out)


def selects(entry, option, value):
    if option == "--since":
        return entry["last_seen"] >= value
    if option == "--until":
        return entry["first_seen"] <= value
    return entry[option[2:]] == value


def test_filters(agent, report):
    values = {"--verdict": ["confirmed", "suspected"], "--since": [report["window"]["start"], report["window"]["end"]],
              "--until": [report["window"]["start"], report["window"]["end"]]}
    for name, kinds in (("hosts", ["spam_bot", "scanner"]), ("ranges", ["link_scanner", "scanner_range"])):
        for option, choices in {**values, "--kind": kinds}.items():
            for value in choices:
                expected = [entry for entry in report[name] if selects(entry, option, value)]
                check(f"{name} {option} {value}", agent.json(name, option, value)[name] == expected)
    part = agent.json("report", "--kind", "spam_bot", "--limit", "1")
    check("report --kind: hosts", part["hosts"] == [h for h in report["hosts"] if h["kind"] == "spam_bot"][:1])
    check("report --kind: sums are of all", part["services"] == report["services"] and part["networks"] == report["networks"])
    check("report --kind: no ranges", part["ranges"] == [])


def test_report(agent, capture, report, schemas):
    answer = agent.json("report")
    check("report: schema", not errors_of(schemas["report"], answer), errors_of(schemas["report"], answer))
    check("report: as replayed", answer == report)
    check("report: text", agent.cli("report")[1] == replay(capture, "--format", "text"))
    check("report: ndjson", agent.cli("report", "--format", "ndjson")[1].count("\n") == 1)


def test_explain(agent, report, schemas):
    for host in report["hosts"]:
        address = host["address"].split("/")[0]
        answer = agent.json("explain", address)
        check("explain: schema", not errors_of(schemas["api"], answer), errors_of(schemas["api"], answer))
        reasons = [o for o in answer["opinions"] if o["kind"] == host["kind"]]
        check("explain: reasons", len(reasons) == 1 and
              [r["rule"] for r in reasons[0]["evidence"]] == [e["rule"] for e in host["evidence"]], answer)
        check("explain: counters", answer["hosts"][0]["counters"] == host["counters"])
        check("explain: over HTTP", json.loads(agent.http("/api/v1/explain/" + address)[1]) == answer)
        code, out, _ = agent.cli("explain", address)
        check("explain: table", code == 0 and all(e["text"] in out for e in host["evidence"]), out)
    answer = agent.json("explain", "192.0.2.254")
    check("explain: nobody", not answer["known"] and not answer["hosts"] and not errors_of(schemas["api"], answer), answer)


def test_status(agent, report, schemas):
    answer = agent.json("status")
    check("status: schema", not errors_of(schemas["api"], answer), errors_of(schemas["api"], answer))
    check("status: sums", answer["coverage"] == report["coverage"] and answer["services"] == report["services"])
    for verdict in ("confirmed", "suspected"):
        check("status: hosts", answer["hosts"][verdict] == sum(h["verdict"] == verdict for h in report["hosts"]))
    check("status: hostile name", answer["interfaces"][1]["name"] == "eth1\\x1b[31m")
    code, out, _ = agent.cli("status")
    check("status: table", code == 0 and "\x1b" not in out and "No space left on device" in out, out)


def test_metrics(agent, report):
    status, text, headers = agent.http("/metrics", token=False)
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    def total(name):
        return sum(int(value) for key, value in values.items() if key.split("{")[0] == name)

    check("metrics", status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"))
    check("metrics: received", total("gatepost_received_packets_total") == report["coverage"]["packets"])
    check("metrics: accounted for", total("gatepost_service_packets_total") + total("gatepost_unparsed_packets_total") ==
          report["coverage"]["accounted"])
    check("metrics: ranges", total("gatepost_ranges") == len(report["ranges"]))
    named = [h["address"] for h in report["hosts"]] + [r["prefix"] for r in report["ranges"] + report["prefixes"] if "/" in r["prefix"]]
    check("metrics: no address", not re.search(r"\d+\.\d+\.\d+\.\d+", text) and not any(n in text for n in named))
    health = agent.http("/healthz", token=False)
    check("health", health[0] == 200 and json.loads(health[1])["healthy"] is True, health)


def test_errors(agent, schemas):
    rows = ((2, "limit 0", "hosts", "--limit", "0"), (2, "unknown option --frobnicate", "status", "--frobnicate"),
            (2, "status has no parameter kind", "status", "--kind", "scanner"), (2, "no option", "hosts", "extra"),
            (2, "kind --socket: hosts are spam_bot", "hosts", "--kind"), (2, "give one address", "explain"),
            (2, "give one address", "explain", "10.0.0.0/8"), (2, "since yesterday", "report", "--since", "yesterday"))
    for code, says, *arguments in rows:
        got = agent.cli(*arguments)
        check(f"{arguments}", got[0] == code and says in got[2] and not got[1] and got[2].count("\n") == 1, got)
    first, second = agent.cli("reload"), agent.cli("reload")
    check("reload", first[0] == 0 and first[1] == "thresholds changed\n2 lists read\n", first)
    check("reload that fails", second[0] == 1 and "the old configuration stays in force" in second[2] and
          "\x1b" not in second[2] and not second[1], second)
    answer = agent.json("reload")
    check("reload: schema", not errors_of(schemas["api"], answer), answer)
    for path in ("/api/v1/status", "/api/v1/hosts?limit=0", "/api/v1/nothing"):
        status, text, _ = agent.http(path, token=path != "/api/v1/status")
        check(f"{path}: error", status >= 400 and not errors_of(schemas["api"], json.loads(text)), text)


def main():
    schemas = validator()
    for name in CAPTURES:
        capture = f"tests/pcap/{name}/input.pcap"
        report = json.loads(replay(capture))
        agent = Agent(capture)
        test_lists(agent, report, schemas)
        test_filters(agent, report)
        test_report(agent, capture, report, schemas)
        test_explain(agent, report, schemas)
        test_status(agent, report, schemas)
        test_metrics(agent, report)
        test_errors(agent, schemas)
        code, said = agent.end()
        check(f"{name}: the agent's end", code == 0 and "Sanitizer" not in said, said)
    done = subprocess.run([GATEPOST, "status", "--socket", "/nonexistent/socket"], capture_output=True, check=False)
    check("no agent", done.returncode == 1 and b"begin one with gatepost run" in done.stderr, done)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
