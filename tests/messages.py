#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold what gatepost reads in mails against what Python's own libraries read in them.

    tests/messages.py [COUNT [SEED]]

Makes COUNT random mails (default 400) with Python's email package: parts within parts, plain text and HTML, every
encoding, several charsets, folded and encoded header fields, links with references, queries, ports and credentials. Of
each mail the email package tells the sender and decodes the parts, html.parser finds the links in HTML, and the standard
library computes their hashes; build/tests/print_message has to say the same.
"""
import email.charset
import email.header
import email.mime.application
import email.mime.message
import email.mime.multipart
import email.mime.nonmultipart
import email.policy
import email.utils
import hashlib
import hmac
import html
import html.parser
import pathlib
import quopri
import random
import re
import subprocess
import sys
import urllib.parse

TOP = pathlib.Path(__file__).resolve().parent.parent
PRINT = TOP / "build" / "tests" / "print_message"
SALT = bytes(range(16))
LINKS = 32

WORDS = "the offer ends today see our page for more than you asked hello dear friend = & ü naïve 漢字 Привет price:5€".split()
NAMES = ['Ann Example', '"Smith, John" ', 'Jörg Müller', '李小龍', '"a\\"b@c.example" ', 'team', '"spoof@bank.example" ', 'x' * 300]
HOSTS = ["example.com", "WWW.Example.ORG", "a-b.example.net", "192.0.2.7", "[2001:db8::1]", "sub.domain.example", "host_under.example"]


def url_hash(scheme, host, port, rest):
    """The hash as its docstring in user/message.h has it, by other means."""
    path = rest.split("#")[0]
    if not path.startswith("/"):
        path = "/" + path
    raw = path.encode("utf-8", "surrogateescape")
    path = "".join(chr(c) if 0x20 < c < 0x7f and chr(c) not in "\"<>`{}|\\^'" else f"%{c:02X}" for c in raw)
    path = re.sub(r"%[0-9a-fA-F]{1,2}", lambda m: m.group().upper(), path)
    standard = {"http": 80, "https": 443}[scheme]
    text = f"{scheme}://{host.lower().rstrip('.')}" + (f":{port}" if port not in (None, standard) else "") + path
    return hmac.new(SALT, text.encode(), hashlib.sha256).hexdigest()[:16]


def split(url):
    m = re.match(r"(?i)(https?)://([^/?#\\]*)(.*)$", url, re.S)
    scheme, authority, rest = m.group(1).lower(), m.group(2), m.group(3)
    authority = authority.rpartition("@")[2]
    host, port = re.match(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?$", authority).groups()
    return scheme, host.lower(), int(port) if port else None, rest


def without_punctuation(url):
    while url and (url[-1] in ".,;:!?'" or (url[-1] in ")]}" and url.count(url[-1]) > url.count("([{"[")]}".index(url[-1])]))):
        url = url[:-1]
    return url


def links_of(text):
    """Without IGNORECASE, by which "s" would be the long s, which is no ASCII."""
    return [without_punctuation(m) for m in re.findall(r'(?<![A-Za-z0-9])[Hh][Tt][Tt][Pp][Ss]?://[^\x00-\x20\x7f<>"\x80-\U0010ffff]+', text)]


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.links = []

    def handle_starttag(self, tag, attrs):
        self.links += [v for k, v in attrs if v and re.match(r"(?i)https?://", v)]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_data(self, data):
        self.links += links_of(data)


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def words(self, most=30):
        return " ".join(self.random.choice(WORDS) for _ in range(self.random.randint(1, most)))

    def url(self):
        r = self.random
        scheme = r.choice(["http", "https", "HTTP", "Https"])
        authority = r.choice(["", "", "", "user:pw@"]) + r.choice(HOSTS) + r.choice(["", "", "", ":80", ":8443", ":443"])
        path = r.choice(["", "/", "/a", "/a/b.html", "/%7euser/%2Fx", "/long/" + "0123456789abcdef" * r.randint(1, 30),
                         "/track/" + "%032x" % r.getrandbits(128), "/wiki/A_(b)"])
        query = r.choice(["", "?a=1", "?a=1&b=2&c=3", "?q=%e2%82%ac&lt=4&amp;x", "?u=http%3A%2F%2Fother.example%2F"])
        return f"{scheme}://{authority}{path}{query}" + r.choice(["", "", "#top"])

    def plain(self):
        lines = []
        for _ in range(self.random.randint(0, 8)):
            before, after = self.random.choice([("", ""), ("<", ">"), ("see ", "."), ("", "!"), (" ", ", and"), ("x", ""), ("\t", "\t")])
            lines += [self.words(), before + self.url() + after, self.words(5)]
        return "\n".join(lines) + "\n"

    def html(self):
        out = ["<html><head><title>t</title></head><body>"]
        for _ in range(self.random.randint(0, 8)):
            url = html.escape(self.url(), quote=True)
            quote = self.random.choice('"\'')
            out += [html.escape(self.words()), self.random.choice([
                f"<a href={quote}{url}{quote}>here</a>", f"<img src={quote}{url}{quote}/>", f"<p>{url}</p>",
                f"<a class=b\nhref={quote}{url}{quote} >{url} </a>"])]
        return self.random.choice(["\n", "", " "]).join(out) + "</body></html>\n"

    def text_part(self):
        r = self.random
        subtype = r.choice(["plain", "html"])
        text = self.plain() if subtype == "plain" else self.html()
        charset = r.choice(["us-ascii", "utf-8", "utf-8", "iso-8859-1", "koi8-r", "utf-16", "utf-16-le", "utf-16-be"])
        raw = text.encode(charset, "replace")
        encoding = r.choice(["7bit" if charset == "us-ascii" else "base64", "8bit", "quoted-printable", "base64", "BASE64"])
        if charset.startswith("utf-16"):
            encoding = "base64"
        part = email.mime.nonmultipart.MIMENonMultipart("text", subtype, charset=charset.replace("utf-16-", "utf-16"))
        part["Content-Transfer-Encoding"] = encoding
        if encoding.lower() == "base64":
            part.set_payload(email.base64mime.body_encode(raw, r.choice([76, 60, 40])))
        elif encoding == "quoted-printable":
            part.set_payload(quopri.encodestring(raw).decode("ascii"))
        else:
            part.set_payload(raw.decode("ascii", "surrogateescape"))
        return part

    def part(self, depth):
        kind = self.random.random()
        if depth < 4 and kind < 0.35:
            multi = email.mime.multipart.MIMEMultipart(self.random.choice(["mixed", "alternative", "related"]))
            if self.random.random() < 0.3:
                multi.set_boundary(self.random.choice(["=_a b'(c)+_,-./:=?", "--", "x" * 70, "0"]) + str(depth))
            multi.preamble = self.random.choice([None, "http://preamble.example/"])
            for _ in range(self.random.randint(1, 3)):
                multi.attach(self.part(depth + 1))
            return multi
        if depth and kind < 0.42:
            return email.mime.application.MIMEApplication(b"http://attachment.example/\n")
        if 0 < depth < 4 and kind < 0.48:
            return email.mime.message.MIMEMessage(self.mail(depth + 1))
        return self.text_part()

    def address(self):
        return self.random.choice(["ann@example.com", "Bob.Builder@Sub.Example.ORG", '"odd one"@example.net'])

    def mail(self, depth=0):
        r = self.random
        mail = self.part(depth)
        name, address = r.choice(NAMES), self.address()
        if name.isascii():
            sender = r.choice([address, f"{name} <{address}>", f"{name}\n <{address}>", f"<{address}>", f"(comment) {name} <{address}>"])
        else:
            sender = f"{email.header.Header(name, 'utf-8').encode()} <{address}>"
        mail["Received"] = r.choice(["from pc (unknown [192.0.2.9])\n by mx.example", "from [10.1.1.1] ([10.1.1.1]) by a", "by local"])
        mail["Received"] = "from second (second [203.0.113.1]) by third"
        mail["From"] = sender
        mail["Subject"] = email.header.Header("http://subject.example/ " + self.words(), "utf-8").encode()
        if r.random() < 0.4:
            mail["Reply-To"] = f"Reply <{self.address()}>, Other <o@o.example>"
        mail["Message-ID"] = email.utils.make_msgid(domain=r.choice(["MX.example", "localhost"]))
        return mail


def opinion(raw):
    """(From, Reply-To, [(host, hash)]) of a mail's bytes, by Python alone."""
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    sender, reply_to = (email.utils.getaddresses([re.sub(r"\r?\n", "", str(mail.get(k, "")))])[:1] or [("", "")] for k in ("From", "Reply-To"))
    found = []
    for part in mail.walk():
        if part.get_content_type() not in ("text/plain", "text/html"):
            continue
        charset = part.get_content_charset() or "utf-8"
        text = part.get_payload(decode=True).decode(charset if charset.startswith("utf-16") else "latin-1", "replace")
        if part.get_content_subtype() == "html":
            parser = Links()
            parser.feed(text)
            parser.close()
            found += parser.links
        else:
            found += links_of(text)
    links = []
    for url in found:
        scheme, host, port, rest = split(url)
        link = (host, url_hash(scheme, host, port, rest))
        if link not in links:
            links.append(link)
    return sender[0][1], reply_to[0][1], links


def ours(line):
    fields = line.split("\t")
    return fields[0], fields[2], list(zip(fields[8::2], fields[9::2])), fields[6], int(fields[7])


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    mails = []
    for i in range(count):
        raw = Maker(seed * 1000000 + i).mail().as_bytes()
        mails.append(re.sub(rb"\r?\n", b"\r\n", raw))
    done = subprocess.run([PRINT], input="".join(m.hex() + "\n" for m in mails), capture_output=True, text=True, timeout=300)
    lines = done.stdout.splitlines()
    failed = done.returncode != 0 or len(lines) != count
    if failed:
        print(f"not ok - print_message: exit code {done.returncode}, {len(lines)} lines of {count}\n{done.stderr}")
    passed = links = 0
    for number, (raw, line) in enumerate(zip(mails, lines)):
        sender, reply_to, wanted = opinion(raw)
        got = ours(line)
        links += len(wanted)
        if got[:2] == (sender, reply_to) and got[2] == wanted[:LINKS] and got[3] == "complete" and (got[4] > 0) == (len(wanted) > LINKS):
            passed += 1
            continue
        print(f"not ok - mail {number}: {got[0]!r} {got[1]!r} {got[3:]}, wanted {sender!r} {reply_to!r}; "
              f"missing {[w for w in wanted[:LINKS] if w not in got[2]]}, too many {[g for g in got[2] if g not in wanted]}")
    print(f"# {links} links in {count} mails")
    print(f"{passed} passed, {count - passed + failed} failed, 0 skipped")
    return passed != count or failed


sys.exit(main())
