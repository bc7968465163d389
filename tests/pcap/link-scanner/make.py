#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft

SHOP = "10.20.0.80"
LINKS = ("offer", "news", "quit")
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def mail(capture, n, at):
    talk = craft.Talk(capture, "198.18.1.25", "10.20.0.25", 30000 + n, 25, at)
    talk.open().server("220 mx.example.org ESMTP").client("EHLO mail.example.net").server("250 mx.example.org")
    talk.client("MAIL FROM:<a@example.net>").server("250 ok").client(f"RCPT TO:<b{n}@example.org>").server("250 ok")
    links = "\r\n".join(f'<a href="http://shop.example/{link}?u={n}">{link}</a>' for link in LINKS)
    talk.client("DATA").server("354 go ahead")
    talk.client(f"Subject: news\r\nContent-Type: text/html\r\n\r\n{links}\r\n.").server("250 2.0.0 queued")
    talk.client("QUIT").server("221 bye").close(0)


def fetch(capture, client, sport, at, *request):
    craft.fetch(craft.Talk(capture, client, SHOP, sport, 80, at), "shop.example", *request)


def files():
    capture = craft.Capture()
    for n in range(80):
        at = 5 * n
        mail(capture, n, at)
        for i, link in enumerate(LINKS):
            scanner = f"40.94.101.{craft.number('scanner', n, i) % 100 + 1}"
            fetch(capture, scanner, 40000 + 3 * n + i, at + 2 + craft.number("delay", n, i) % 12, f"/{link}?u={n}", CHROME)
        if n % 8 == 0:  # a reader follows one of them, with what belongs to the page
            reader = f"198.18.{9 + n}.{n + 1}"
            fetch(capture, reader, 50000 + n, at + 150, f"/offer?u={n}", FIREFOX)
            fetch(capture, reader, 51000 + n, at + 151, "/style.css", FIREFOX, "text/css")
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
