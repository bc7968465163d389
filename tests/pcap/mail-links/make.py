#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import craft

SHOP = "10.20.0.80"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.1.0"
GOOGLE = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def mail(capture, n, at):
    talk = craft.Talk(capture, "198.18.1.25", "10.20.0.25", 30000 + n, 25, at)
    talk.open().server("220 mx.example.org ESMTP").client("EHLO mail.example.net").server("250 mx.example.org")
    talk.client("MAIL FROM:<a@example.net>").server("250 ok").client(f"RCPT TO:<b{n}@example.org>").server("250 ok")
    talk.client("DATA").server("354 go ahead")
    talk.client("Subject: news\r\nContent-Type: text/html\r\n\r\n"
                f'<a href="http://shop.example/offer?u={n}">offer</a> <a href="https://shop.example/quit?u={n}">no more</a>\r\n'
                f'<img src="http://shop.example/open/{n}.gif">\r\n.').server("250 2.0.0 queued")
    talk.wait(30).client("QUIT").server("221 bye").close(0)


def fetch(capture, client, sport, at, *request):
    craft.fetch(craft.Talk(capture, client, SHOP, sport, 80, at), "shop.example", *request)


def files():
    capture = craft.Capture()
    for n in range(10):
        at = 40 * n
        mail(capture, n, at)
        fetch(capture, f"40.94.101.{7 * n % 10 + 1}", 41000 + n, at + 5, f"/offer?u={n}", CHROME)
        if n % 2:  # a reader, whose program shows the picture and whose browser follows the link
            fetch(capture, f"198.18.9.{n}", 42000 + n, at + 240, f"/open/{n}.gif", THUNDERBIRD, "image/gif")
            fetch(capture, f"198.18.9.{n}", 43000 + n, at + 250, f"/offer?u={n}", CHROME)
        elif n < 6:  # twice by the provider of the reader's mailbox
            for again in range(2):
                fetch(capture, f"66.102.6.{n + again}", 44000 + n, at + 60 + 300 * again, f"/open/{n}.gif", GOOGLE, "image/gif")
    return {"input.pcap": capture.pcap()}


if __name__ == "__main__":
    craft.save(__file__, files())
