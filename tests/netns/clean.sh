#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary subscriber: reads web pages and sends a few mails through the provider's submission port, with a login.
# usage: clean.sh SECONDS LABORATORY-DIRECTORY
set -euo pipefail

end=$((SECONDS + $1))
lab=$2
user=anna
password=correct-horse
jar=$(mktemp "$lab/cookies.XXXXXX")
mail=$(mktemp "$lab/mail.XXXXXX")
mails=0 pages=0 failed=0
printf 'From: Anna <anna@mx.example>\r\nTo: Tom <u1@friends.example>\r\nSubject: Sunday\r\n\r\nLunch at one?\r\n' >"$mail"

page() {
	if curl -sS --max-time 4 -b "$jar" -c "$jar" -e http://198.18.3.25/ "$@" >/dev/null; then
		pages=$((pages + 1))
	else
		failed=$((failed + 1))
	fi
}

# One mail client encrypts, the other does not: both kinds of submission are on the wire.
send() {
	local ok=yes
	if [ $((mails % 2)) -eq 0 ]; then
		curl -sS --max-time 8 --ssl-reqd --cacert "$lab/cert.pem" --connect-to ::198.18.9.25: \
			--mail-from anna@mx.example --mail-rcpt u1@friends.example --upload-file "$mail" \
			--user "$user:$password" smtp://mx.example:587/home.example || ok=no
	else
		swaks --silent 2 --timeout 8 --server 198.18.9.25 --port 587 --helo home.example --from anna@mx.example \
			--to u1@friends.example --auth PLAIN --auth-user "$user" --auth-password "$password" \
			--body 'Lunch at one?' || ok=no
	fi
	if [ "$ok" = yes ]; then mails=$((mails + 1)); else failed=$((failed + 1)); fi
}

round=0
while [ "$SECONDS" -lt "$end" ]; do
	page "http://198.18.3.25/"
	page "http://198.18.$((round % 5 + 3)).25/news.html" "http://198.18.$((round % 5 + 3)).25/prices.html"
	page "http://[2001:db8:3::25]/contact.html"
	page --cacert "$lab/cert.pem" --connect-to ::198.18.4.25: https://shop.example/index.html
	[ $((round % 3)) -ne 0 ] || send
	round=$((round + 1))
	sleep 1
done
printf 'pages=%d mails=%d failed=%d\n' "$pages" "$mails" "$failed"
[ "$mails" -gt 0 ] && [ "$failed" -eq 0 ]
