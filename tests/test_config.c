/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_keys.h"
#include "config_value.h"
#include "stderr_capture.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* -- Values and errors ---------------------------------------------------------------------------------------- */

/* All errors of a row, in order: "LINE: beginning of the text". NULL ends the list; none: the text is accepted. */
static const struct {
	const char *name, *yaml, *errors[8];
} texts[] = {
	{"empty", "", {NULL}},
	{"comments only", "# nothing\n\n", {NULL}},
	{"empty document", "---\n...\n", {NULL}},
	{"byte order mark", "\xef\xbb\xbfsensor: gw1\n", {NULL}},
	{"not a mapping", "- a\n", {"1: the file is a list; it must be"}},
	{"one scalar", "sensor\n", {"1: the file is a single value; it must be"}},

	{"unknown key", "sensro: x\n", {"1: \"sensro\": unknown key; known here: sensor, journal, interfaces, inside,"}},
	{"unknown key below", "\nports:\n  ftp: [21]\n",
	 {"3: ports: \"ftp\": unknown key; known here: smtp, submission"}},
	{"a path is no key", "ports.smtp: [25]\n", {"1: \"ports.smtp\": unknown key"}},
	{"an entry's key at the top", "inside[].prefix: 10.0.0.0/8\n", {"1: \"inside[].prefix\": unknown key"}},
	{"a mapping as a key", "{a: b}: c\n", {"1: \"a list or mapping\": unknown key"}},
	{"null byte in a key", "\"sensor\\0\": x\n", {"1: \"sensor\": unknown key"}},
	{"duplicate key", "sensor: a\nsensor: b\n", {"2: sensor: given twice, in line 1 as well"}},
	{"duplicate section",
	 "ports: {smtp: [25]}\nports: {http: [80]}\n",
	 {"2: ports: given twice, in line 1 as well"}},
	{"duplicate key in an entry",
	 "inside:\n- prefix: 10.0.0.0/8\n  prefix: 10.0.0.0/8\n- prefix: 11.0.0.0/8\n",
	 {"3: inside[].prefix: given twice, in line 2 as well"}},
	{"all at once, in order of lines",
	 "decapsulate: 1\nsensor: ''\nbogus: 1\n",
	 {"1: decapsulate: \"1\" is unknown; true or false", "2: sensor: has 0 characters; 1 to 64 printable",
	  "3: \"bogus\": unknown key"}},

	{"sensor of 64", "sensor: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", {NULL}},
	{"sensor of 65",
	 "sensor: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	 {"1: sensor: has 65 characters"}},
	{"sensor with escape", "sensor: \"a\\e[31m\"\n", {"1: sensor: \"a\x1b[31m\" is not plain ASCII"}},
	{"sensor with umlaut", "sensor: b\xc3\xbcro\n", {"1: sensor: \"b\xc3\xbcro\" is not plain ASCII"}},
	{"sensor with null byte", "sensor: \"a\\0b\"\n", {"1: sensor: holds a null byte"}},
	{"sensor without value", "sensor:\n", {"1: sensor: has no value"}},
	{"sensor a list", "sensor: [a]\n", {"1: sensor: is a list; 1 to 64"}},
	{"sensor a number", "sensor: 12\n", {NULL}},

	{"bool yes", "decapsulate: yes\n", {"1: decapsulate: \"yes\" is unknown"}},
	{"bool in quotes", "decapsulate: 'true'\n", {"1: decapsulate: \"true\" is text in quotes"}},
	{"validation", "source_validation: strict\n", {NULL}},
	{"validation loose", "source_validation: loose\n",
	 {"1: source_validation: \"loose\" is unknown; none or strict"}},

	{"duration without unit", "thresholds: {window: 600}\n",
	 {"1: thresholds.window: \"600\" has no unit; a duration"}},
	{"duration of wrong unit", "thresholds: {window: 10m}\n",
	 {"1: thresholds.window: \"10m\" has an unknown unit"}},
	{"duration too short", "thresholds: {window: 0.5s}\n",
	 {"1: thresholds.window: \"0.5s\" is out of range; a duration "
	 "from 1s to 1d, with its unit"}},
	{"duration too long", "thresholds: {window: 25h}\n", {"1: thresholds.window: \"25h\" is out of range"}},
	{"duration a word", "thresholds: {window: short}\n", {"1: thresholds.window: \"short\" is not a duration"}},
	{"duration huge", "thresholds: {window: 9999999999999999d}\n",
	 {"1: thresholds.window: \"9999999999999999d\" is not"}},
	{"number with unit", "thresholds: {prior: 1min}\n", {"1: thresholds.prior: \"1min\" is not a plain number"}},
	{"number negative", "thresholds: {prior: -1}\n", {"1: thresholds.prior: \"-1\" is not a plain number"}},
	{"number not finite", "thresholds: {prior: .inf}\n", {"1: thresholds.prior: \".inf\" is not a plain number"}},
	{"number nan", "thresholds: {prior: nan}\n", {"1: thresholds.prior: \"nan\" is not a plain number"}},
	{"number octal", "thresholds: {spam_min_mx: 010}\n", {"1: thresholds.spam_min_mx: \"010\" is not a plain"}},
	{"number hexadecimal", "thresholds: {spam_min_mx: 0x10}\n",
	 {"1: thresholds.spam_min_mx: \"0x10\" is not a plain"}},
	{"number with comma", "thresholds: {spam_min_mx: \"1,5\"}\n",
	 {"1: thresholds.spam_min_mx: \"1,5\" is text in quotes"}},
	{"number above", "thresholds: {prior: 0.51}\n", {"1: thresholds.prior: \"0.51\" is out of range; a number from "
	 "1e-06 to 0.5 (share of hosts)"}},
	{"number at its ends", "thresholds: {prior: 0.5, scan_high_contacts: 0}\n", {NULL}},
	{"scores crossed",
	 "thresholds:\n  suspect_score: 12\n",
	 {"2: thresholds.confirm_score: 11.5 is below thresholds.suspect_score; at least 12"}},
	{"watch above suspect", "thresholds:\n  watch_score: 10\n",
	 {"2: thresholds.suspect_score: 9.2 is below thresholds.watch_score; at least 10"}},
	{"fast above very fast", "login: {fast: 700}\n", {"1: login.very_fast: 600 is below login.fast; at least 700"}},
	{"section a list", "thresholds: [1]\n", {"1: thresholds: is a list; a mapping of keys"}},

	{"power", "tables: {hosts: 64, flows: 16777216, filter_bits: 4096}\n", {NULL}},
	{"no power", "tables: {hosts: 65535}\n",
	 {"1: tables.hosts: \"65535\" is not a power of two; a power of two from 64"}},
	{"power too large", "tables: {hosts: 33554432}\n",
	 {"1: tables.hosts: \"33554432\" is not a whole number in range"}},
	{"power too small", "tables: {hosts: 32}\n", {"1: tables.hosts: \"32\" is not a whole number in range"}},
	{"power overflowing", "tables: {flows: 4294967296}\n",
	 {"1: tables.flows: \"4294967296\" is not a whole number"}},
	{"power beyond 64 bits", "tables: {flows: 18446744073709551680}\n", {"1: tables.flows: \"184467440737"}},

	{"tags", "tags: {}\n", {NULL}},
	{"tags without value", "tags:\n", {"1: tags: has no value; a mapping of keys"}},
	{"tags on", "tags: true\n", {"1: tags: is a single value"}},
	{"mask and shift at their ends", "tags: {mark_mask: 0x80000000, mark_shift: 31, expiry: 10s}\n", {NULL}},
	{"mask of 33 bits", "tags: {mark_mask: 0x1ffffffff}\n",
	 {"1: tags.mark_mask: \"0x1ffffffff\" is no mask; 0x and 1 to 8 hexadecimal digits"}},
	{"mask decimal", "tags: {mark_mask: 255}\n", {"1: tags.mark_mask: \"255\" is no mask"}},
	{"mask without digits", "tags: {mark_mask: 0x}\n", {"1: tags.mark_mask: \"0x\" is no mask"}},
	{"mask that nothing reaches", "tags:\n  mark_shift: 8\n  mark_mask: 0xff\n",
	 {"3: tags.mark_mask: 0xff holds no bit of the value, 0x7f << 8; change it or tags.mark_shift"}},
	{"no mask", "tags:\n  mark_mask: 0x0\n", {"2: tags.mark_mask: 0x0 holds no bit"}},
	{"shift too far", "tags: {mark_shift: 32}\n",
	 {"1: tags.mark_shift: \"32\" is not a whole number in range; a whole number from 0 to 31 (bits)"}},
	{"expiry shorter than two slices", "tags: {expiry: 9s}\n",
	 {"1: tags.expiry: \"9s\" is out of range; a duration from 10s to 1d"}},

	{"secret short", "hash_secret: 0011\n",
	 {"1: hash_secret: is something else (4 characters); 32 hexadecimal digits"}},
	{"secret long", "hash_secret: 00112233445566778899aabbccddeeff0\n", {"1: hash_secret: is something else (33"}},
	{"secret of other letters", "hash_secret: 0g112233445566778899aabbccddeeff\n",
	 {"1: hash_secret: is something else (32"}},

	{"lists", "lists:\n- {name: a, kind: watch, file: /etc/a}\n- {name: b, kind: known-bad, entries: [10.0.0.0/8]}\n", {NULL}},
	{"no lists", "lists: []\n", {NULL}},
	{"lists as a mapping", "lists: {a: 1}\n", {"1: lists: is a mapping; a sequence of 0 to 64 mappings"}},
	{"list as a word", "lists: [a]\n", {"1: lists: is a single value; a sequence"}},
	{"list without anything", "lists:\n- {}\n",
	 {"2: lists[].name: is missing", "2: lists[].kind: is missing",
	  "2: lists[]: has neither file nor entries; one of file and entries is needed"}},
	{"list of both", "lists:\n- {name: a, kind: watch, file: x, entries: [10.0.0.0/8]}\n",
	 {"2: lists[]: has both file and entries"}},
	{"list of unknown kind", "lists:\n- {name: a, kind: bad, file: x}\n",
	 {"2: lists[].kind: \"bad\" is unknown; watch, known-bad or known-good"}},
	{"lists of one name", "lists:\n- {name: a, kind: watch, file: x}\n- {name: a, kind: watch, file: y}\n",
	 {"3: lists[].name: \"a\" stands in line 2 as well; each has its own"}},
	{"list with another key", "lists:\n- {name: a, kind: watch, file: x, colour: red}\n",
	 {"2: lists[]: \"colour\": unknown key; known here: name, kind, file, entries"}},
	{"list without entries", "lists:\n- {name: a, kind: watch, entries: []}\n", {"2: lists[].entries: has 0 entries"}},
	{"entry of two lines", "lists:\n- {name: a, kind: watch, entries: [\"10.0.0.0/8\\n11.0.0.0/8\"]}\n",
	 {"2: lists[].entries: holds a line end"}},
	{"name too long", "lists:\n- {name: 0123456789012345678901234567890123456789012345678901234567890123, kind: watch, "
	 "file: x}\n", {"2: lists[].name: has 64 characters; 1 to 63 printable ASCII characters"}},
	{"interfaces", "interfaces: [{name: eth0, side: inside}, {name: eth1}]\n", {NULL}},
	{"interface twice", "interfaces:\n- {name: eth0}\n- {name: eth0, side: inside}\n",
	 {"3: interfaces[].name: \"eth0\" stands in line 2 as well"}},
	{"interface without a name", "interfaces: [{side: tap}]\n", {"1: interfaces[].name: is missing; 1 to 15"}},
	{"interface of no name", "interfaces: [{name: ../eth}]\n", {"1: interfaces[].name: \"../eth\" is no name of an interface"}},
	{"interface of a long name", "interfaces: [{name: a234567890123456}]\n", {"1: interfaces[].name: has 16 characters"}},
	{"interface of another side", "interfaces: [{name: a, side: left}]\n",
	 {"1: interfaces[].side: \"left\" is unknown; tap, inside or outside"}},
	{"interface a word", "interfaces: [eth0]\n",
	 {"1: interfaces: is a single value; a sequence of 0 to 64 mappings with name and side"}},
	{"no store, no socket, no memory", "store: {path: ''}\ncontrol: {socket: ''}\nmemory: {path: ''}\n", {NULL}},
	{"store for too short", "store: {hosts: 1min}\n", {"1: store.hosts: \"1min\" is out of range; a duration from 1h to 3650d"}},
	{"socket of a long path", "control: {socket: "
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
	 {"1: control.socket: has 108 characters; 0 to 107"}},
	{"HTTP", "http: {listen: '127.0.0.1:9418', token_file: /t}\n", {NULL}},
	{"HTTP by IPv6", "http: {listen: '[::1]:9418'}\n", {NULL}},
	{"HTTP without a port", "http: {listen: 127.0.0.1}\n", {"1: http.listen: \"127.0.0.1\" is no address with a port"}},
	{"HTTP by name", "http: {listen: 'localhost:80'}\n", {"1: http.listen: \"localhost:80\" is no"}},
	{"HTTP at port 0", "http: {listen: '127.0.0.1:0'}\n", {"1: http.listen: "}},
	{"HTTP at ports", "http: {listen: '127.0.0.1:80-90'}\n", {"1: http.listen: "}},
	{"HTTP by IPv6 without brackets", "http: {listen: '::1:80'}\n", {"1: http.listen: "}},
	{"HTTP by a bracket", "http: {listen: '[::1:80'}\n", {"1: http.listen: "}},
	{"one file for two", "journal: /x\nmemory:\n  path: /x\n", {"3: memory.path: it is the file of journal; give each its own"}},
	{"outputs", "outputs: [{path: /a, format: text, interval: 1min}, {path: /b}]\n", {NULL}},
	{"output twice", "outputs:\n- {path: /a}\n- {path: /a}\n", {"3: outputs[].path: \"/a\" stands in line 2 as well"}},
	{"output without a path", "outputs: [{format: json}]\n", {"1: outputs[].path: is missing"}},
	{"output of another format", "outputs: [{path: /a, format: xml}]\n",
	 {"1: outputs[].format: \"xml\" is unknown; json, ndjson or text"}},
	{"output over the journal", "outputs:\n- {path: /run/gatepost/journal}\n",
	 {"2: outputs[].path: it is the file of journal; give each its own"}},
	{"output too often", "outputs: [{path: /a, interval: 0.5s}]\n", {"1: outputs[].interval: \"0.5s\" is out of range"}},
	{"17 outputs", "outputs: [{path: a}, {path: b}, {path: c}, {path: d}, {path: e}, {path: f}, {path: g}, {path: h}, {path: i}, "
	 "{path: j}, {path: k}, {path: l}, {path: m}, {path: n}, {path: o}, {path: p}, {path: q}]\n",
	 {"1: outputs: has 17 entries; a sequence of 0 to 16"}},

	{"classes", "classes:\n- {name: a, prefixes: [10.0.0.0/9], spam_min_mx: 20}\n- {name: b, prefixes: [10.0.0.0/16]}\n", {NULL}},
	{"class without anything", "classes: [{}]\n", {"1: classes[].name: is missing", "1: classes[].prefixes: is missing"}},
	{"class without prefixes", "classes: [{name: a, prefixes: []}]\n", {"1: classes[].prefixes: has 0 entries"}},
	{"classes of one name", "classes:\n- {name: a, prefixes: [10.0.0.0/9]}\n- {name: a, prefixes: [10.128.0.0/9]}\n",
	 {"3: classes[].name: \"a\" stands in line 2 as well"}},
	{"prefix of two classes", "classes:\n- {name: a, prefixes: [10.0.0.0/9]}\n- {name: b, prefixes: [10.0.0.0/9]}\n",
	 {"3: classes[].prefixes: 10.0.0.0/9 stands in line 2 as well; it belongs to one class, once"}},
	{"class of nobody", "classes: [{name: a, prefixes: [192.0.2.0/24]}]\n",
	 {"1: classes[].prefixes: 192.0.2.0/24 is not inside; classes are of inside hosts"}},
	{"class of half a subscriber", "inside: [{prefix: 10.0.0.0/8, subscriber: 30}]\nclasses:\n- name: a\n  prefixes: [10.0.0.1]\n",
	 {"4: classes[].prefixes: 10.0.0.1/32 cuts one subscriber in two; a class has whole subscribers, of /30"}},
	{"class with everybody's key", "classes: [{name: a, prefixes: [10.0.0.0/9], window: 1min}]\n",
	 {"1: classes[]: \"window\": unknown key; known here: name, prefixes, half_life"}},
	{"class with crossed scores", "classes:\n- {name: a, prefixes: [10.0.0.0/9], suspect_score: 12}\n",
	 {"2: classes[].confirm_score: 11.5 is below classes[].suspect_score; at least 12"}},
	{"class with everybody's scores", "thresholds: {confirm_score: 20}\nclasses:\n- {name: a, prefixes: [10.0.0.0/9], "
	 "suspect_score: 12}\n", {NULL}},
	{"9 classes", "classes: [{}, {}, {}, {}, {}, {}, {}, {}, {}]\n", {"1: classes: has 9 entries; a sequence of 0 to 8"}},
	{"AS table", "as_table: /etc/as.csv\n", {NULL}},
	{"networks", "networks: {prefix4: 33}\n", {"1: networks.prefix4: \"33\" is not a whole number in range"}},

	{"port twice", "ports: {smtp: [25, 25]}\n", {"1: ports.smtp: port 25 is given twice"}},
	{"port twice by range", "ports: {smtp: [25, 20-30]}\n", {"1: ports.smtp: port 25 is given twice"}},
	{"port of two services",
	 "ports:\n  http: [81]\n  tls:\n  - 443\n  - 81\n",
	 {"5: ports.tls: port 81 is in ports.http already, line 2"}},
	{"port of a default",
	 "ports:\n  http: [80, 443]\n",
	 {"2: ports.http: port 443 belongs to ports.tls by default, [443, 8443]; give ports.tls without it"}},
	{"UDP beside TCP", "ports: {quic: [80, 443]}\n", {NULL}},
	{"no ports", "ports: {quic: [], http: []}\n", {NULL}},
	{"port 0", "ports: {smtp: [0]}\n", {"1: ports.smtp: \"0\" is neither a port nor a range"}},
	{"port 65536", "ports: {smtp: [65536]}\n", {"1: ports.smtp: \"65536\" is neither a port nor a range"}},
	{"range upside down", "ports: {smtp: [30-20]}\n", {"1: ports.smtp: \"30-20\" is neither a port nor a range"}},
	{"range open", "ports: {smtp: [30-]}\n", {"1: ports.smtp: \"30-\" is neither a port nor a range"}},
	{"port no list", "ports: {smtp: 25}\n", {"1: ports.smtp: is a single value; a list of TCP ports"}},
	{"port a list", "ports: {smtp: [[25]]}\n", {"1: ports.smtp: is a list"}},
	{"watched and service", "scan_ports: {watched: [25], service: [1-65535]}\n", {NULL}},

	{"host bits", "inside:\n- 10.0.0.1/8\n", {"2: inside: \"10.0.0.1/8\": host bits are set"}},
	{"no prefix", "inside:\n- lan\n",
	 {"2: inside: \"lan\": not an IPv4 or IPv6 prefix; a list of 1 to 65536 prefixes"}},
	{"no list", "inside: 10.0.0.0/8\n", {"1: inside: is a single value; a list of"}},
	{"no entry", "inside: []\n", {"1: inside: has 0 entries; a list of 1 to 65536"}},
	{"no relay", "relays: []\n", {NULL}},
	{"list within", "inside: [[10.0.0.0/8]]\n", {"1: inside: is a list"}},
	{"relay a mapping", "relays: [{prefix: 10.0.0.0/8}]\n", {"1: relays: is a mapping"}},
	{"entry without prefix", "inside: [{subscriber: 32}]\n", {"1: inside[].prefix: is missing; a prefix"}},
	{"entry with another key", "inside: [{prefix: 10.0.0.0/8, x: 1}]\n",
	 {"1: inside[]: \"x\": unknown key; known here: "
	 "prefix, subscriber"}},
	{"subscriber first", "inside: [{subscriber: 30, prefix: 10.0.0.0/8}]\n", {NULL}},
	{"subscriber in every entry",
	 "inside: [{prefix: 10.0.0.0/8, subscriber: 30}, {prefix: 11.0.0.0/8, subscriber: 30}]\n",
	 {NULL}},
	{"subscriber as long as the prefix", "inside: [{prefix: 10.0.0.0/8, subscriber: 8}]\n", {NULL}},
	{"subscriber shorter than the prefix",
	 "inside:\n- prefix: 2001:db8::/32\n  subscriber: 31\n",
	 {"3: inside[].subscriber: 31 does not fit 2001:db8::/32; the length"}},
	{"subscriber beyond IPv4", "inside: [{prefix: 10.0.0.0/8, subscriber: 56}]\n",
	 {"1: inside[].subscriber: 56 does not"}},
	{"subscriber beyond all", "inside: [{prefix: 10.0.0.0/8, subscriber: 129}]\n",
	 {"1: inside[].subscriber: \"129\" is not"}},
	{"same twice", "inside:\n- 10.0.0.0/8\n- 10.0.0.0/8\n",
	 {"3: inside: 10.0.0.0/8 is given twice; it meets 10.0.0.0/8 of inside in line 2; take one of them out"}},
	{"same relay twice", "relays:\n- 192.0.2.25\n- 192.0.2.26\n- 192.0.2.25/32\n",
	 {"4: relays: 192.0.2.25/32 is given twice; it meets 192.0.2.25/32 of relays in line 2; take one of them out"}},
	{"same three times", "inside:\n- 10.0.0.0/8\n- 10.0.0.0/8\n- 10.0.0.0/8\n",
	 {"3: inside: 10.0.0.0/8 is given twice", "4: inside: 10.0.0.0/8 is given twice"}},
	{"all contradictions at once",
	 "inside:\n- 10.0.0.0/8\n- 10.0.0.0/8\n- {prefix: 10.1.0.0/16, subscriber: 30}\nrelays: [10.2.0.0/16]\n"
	 "business: [10.2.0.0/16]\nsensor: ''\nclasses:\n- {name: a, prefixes: [10.3.0.0/16, 10.3.0.0/16]}\n",
	 {"3: inside: 10.0.0.0/8 is given twice", "4: inside: 10.1.0.0/16 has another subscriber length than what is around it; "
	  "it meets 10.0.0.0/8 of inside in line 2, whose subscribers have /32; give both one length",
	  "6: business: 10.2.0.0/16 is in two of inside, relays, infrastructure and business; it meets 10.2.0.0/16 of relays in "
	  "line 5; take one of them out", "7: sensor: has 0", "9: classes[].prefixes: 10.3.0.0/16 stands in line 9 as well"}},
	{"two subscriber lengths",
	 "inside:\n- 10.0.0.0/8\n- {prefix: 10.0.0.0/8, subscriber: 30}\n",
	 {"3: inside: 10.0.0.0/8 is given with two subscriber lengths; it meets 10.0.0.0/8 of inside in line 2, whose "
	  "subscribers have /32"}},
	{"relay and infrastructure",
	 "infrastructure: [192.0.2.25]\nrelays: [192.0.2.25]\n",
	 {"2: relays: 192.0.2.25/32 is in two of inside, relays, infrastructure and business; it meets 192.0.2.25/32 of "
	  "infrastructure in line 1; take one of them out"}},
	{"relay in infrastructure", "infrastructure: [192.0.2.0/24]\nrelays: [192.0.2.25]\n", {NULL}},
	{"relay on inside", "inside: [192.0.2.25]\nrelays: [192.0.2.25]\n",
	 {"2: relays: 192.0.2.25/32 is in two of inside, relays"}},
	{"relay on what is inside without a word", "relays: [10.0.0.0/8]\n", {NULL}},
	{"subscriber cut",
	 "inside:\n- 2001:db8::/60\n- 2001:db8::/32\n",
	 {"3: inside: 2001:db8::/32 cuts one subscriber in two; it meets 2001:db8::/60 of inside in line 2"}},
	{"pool in a pool of another length", "inside:\n- 2001:db8::/32\n- {prefix: \"2001:db8:1::/48\", subscriber: 52}\n",
	 {"3: inside: 2001:db8:1::/48 has another subscriber length than what is around it; it meets 2001:db8::/32 of inside in "
	  "line 2, whose subscribers have /56; give both one length, or list what is left of the larger one"}},
	{"pool in a pool in a pool", "inside: [10.0.0.0/8, 10.1.0.0/16, {prefix: 10.1.1.0/24, subscriber: 30}]\n",
	 {"1: inside: 10.1.1.0/24 has another subscriber length than what is around it; it meets 10.1.0.0/16"}},
	{"pools side by side", "inside: [\"2001:db8::/33\", {prefix: \"2001:db8:8000::/33\", subscriber: 52}]\n", {NULL}},
	{"nested at a boundary", "inside: [\"2001:db8::/32\", \"2001:db8::/56\"]\n", {NULL}},
	{"relay in a subscriber", "inside: [\"2001:db8::/32\"]\nrelays: [\"2001:db8::19\"]\n", {NULL}},
	{"relay at the beginning of a subscriber", "inside: [{prefix: 10.0.0.0/16, subscriber: 22}]\nrelays: [10.0.4.0/24]\n", {NULL}},
	{"relay at the end of a subscriber", "inside: [{prefix: 10.0.0.0/16, subscriber: 22}]\nrelays: [10.0.7.255]\n", {NULL}},
	{"relays at both ends of a subscriber", "inside: [{prefix: 10.0.0.0/16, subscriber: 22}]\nrelays: [10.0.4.0/24, 10.0.7.255]\n",
	 {"1: inside: the first and the last address of the subscriber 10.0.4.0/22 are taken by others"}},
	{"relays at both ends of an IPv6 subscriber",
	 "inside: [{prefix: \"2001:db8::/36\", subscriber: 52}]\nrelays: [\"2001:db8::/64\", \"2001:db8:0:fff::/64\"]\n",
	 {"1: inside: the first and the last address of the subscriber 2001:db8::/52 are taken by others"}},
	{"two subscribers without an address of their own",
	 "inside:\n- {prefix: 10.0.0.0/16, subscriber: 22}\n- {prefix: 11.0.0.0/16, subscriber: 22}\n"
	 "relays: [10.0.4.0/24, 10.0.7.255, 11.0.4.0/24, 11.0.7.255]\n",
	 {"2: inside: the first and the last address of the subscriber 10.0.4.0/22 are",
	  "3: inside: the first and the last address of the subscriber 11.0.4.0/22 are"}},
	{"IPv4 in all of IPv6", "inside: [\"::/0\", 10.0.0.0/8]\n", {NULL}},

	{"anchor", "relays: &a [192.0.2.25]\n", {"1: anchor \"a\": not allowed"}},
	{"alias", "relays: &a [192.0.2.25]\n\ninside: *a\n",
	 {"1: anchor \"a\": not allowed", "1: inside: 192.0.2.25/32 is in two", "3: alias \"a\": not allowed"}},
	{"alias of itself", "inside: &a [*a]\n", {"1: anchor \"a\"", "1: alias \"a\"", "1: inside: is a list"}},
	{"merge key", "ports: {<<: {smtp: [25]}}\n", {"1: ports: \"<<\": unknown key"}},
	{"tag", "sensor: !!str gw1\n", {"1: tag \"tag:yaml.org,2002:str\": not allowed"}},
	{"second document", "sensor: a\n---\nsensor: b\n", {"2: a second document begins"}},
	{"too deep", "inside: [[[[[[[[[[]]]]]]]]]]\n", {"1: nested more than 8 levels deep"}},
	{"syntax", "sensor: a\nports: [\n  smtp: }\n", {"3: YAML syntax: did not find expected node content"}},
	{"tab for indentation", "ports:\n\tsmtp: [25]\n",
	 {"2: YAML syntax: found character that cannot start any token"}},
	{"not UTF-8", "sensor: a\n# \xff\n", {"2: YAML syntax: invalid leading UTF-8 octet"}},
	{"UTF-16", "\xff\xfes\0e\0n\0", {"1: YAML syntax: invalid leading UTF-8 octet"}},
	{"control character", "sensor: a\n\n# \x1b[2J\n", {"3: YAML syntax: control characters are not allowed"}},
};

static int by_line(const void *left, const void *right)
{
	const struct gp_config_error *a = left, *b = right;

	return a->line != b->line ? a->line - b->line : (int)a->order - (int)b->order;
}

static void check_errors(const char *name, struct gp_config_errors *errors, const char *const *expected)
{
	char line[1024];
	size_t i;

	if (errors->count)
		qsort(errors->list, errors->count, sizeof(*errors->list), by_line);
	for (i = 0; i < errors->count; i++) {
		snprintf(line, sizeof(line), "%d: %s", errors->list[i].line, errors->list[i].text);
		if (!expected[i] || strncmp(line, expected[i], strlen(expected[i])))
			fail_msg("%s: error %zu is\n\t%s\nexpected\n\t%s", name, i, line,
				 expected[i] ? expected[i] : "none");
	}
	if (expected[i])
		fail_msg("%s: missing: %s", name, expected[i]);
}

static void test_texts(void **state)
{
	struct gp_config_errors errors = {0};
	struct gp_config *config;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < ROWS(texts); i++) {
		err = gp_config_parse(&config, &errors, texts[i].yaml, strlen(texts[i].yaml), NULL, 0);
		check_errors(texts[i].name, &errors, texts[i].errors);
		if (err != (texts[i].errors[0] ? -EINVAL : 0) || !config != !!err)
			fail_msg("%s: returned %d", texts[i].name, err);
		gp_config_close(config);
		gp_config_errors_free(&errors);
	}
}

/* A configuration from text that must be good. */
static struct gp_config *good(const char *yaml, size_t len, char *const *inside, size_t inside_count)
{
	struct gp_config_errors errors = {0};
	struct gp_config *config;

	gp_config_parse(&config, &errors, yaml, len, inside, inside_count);
	check_errors("good", &errors, (const char *[]){NULL});
	gp_config_errors_free(&errors);
	assert_non_null(config);
	return config;
}

static void test_values(void **state)
{
	static const char yaml[] = "sensor: edge 7\nsource_validation: strict\ndecapsulate: true\n"
				   "hash_secret: 0123456789abcdefFEDCBA9876543210\n"
				   "tables: {addresses: 512, hosts: 128, outside: 64, cells: 1024, slices: 4, flows: 256, "
				   "filter_bits: 8192}\njournal: /tmp/j\n"
				   "tags: {mark_mask: 0xFf00, mark_shift: 8, expiry: 1min}\n"
				   "thresholds: {window: 1.5h, half_life: 7d, prior: 1e-4}\n"
				   "ports: {smtp: [26, 2526-2528], quic: [80], http: []}\n"
				   "scan_ports: {watched: [22], service: [20-23]}\n"
				   "lists: [{kind: known-good, name: own, entries: [10.0.0.7, \"10.0.0.8, x\"]}, "
				   "{name: f, file: /f, kind: watch}]\n"
				   "as_table: t.mmdb\nnetworks: {top: 3, all_kinds: true}\n";
	struct gp_config *config = good(yaml, sizeof(yaml) - 1, NULL, 0);

	(void)state;
	assert_string_equal(config->sensor, "edge 7");
	assert_true(config->trust_inside && config->tunnels && config->default_inside);
	assert_true(config->secret_given);
	assert_true(config->secret[0] == 0x0123456789abcdef && config->secret[1] == 0xfedcba9876543210);
	assert_string_equal(config->journal, "/tmp/j");
	assert_int_equal(config->list_count, 2);
	assert_string_equal(config->lists[0].name, "own");
	assert_int_equal(config->lists[0].kind, GP_LIST_KNOWN_GOOD);
	assert_string_equal(config->lists[0].entries, "10.0.0.7\n10.0.0.8, x\n");
	assert_null(config->lists[0].file);
	assert_string_equal(config->lists[1].file, "/f");
	assert_int_equal(config->lists[1].kind, GP_LIST_WATCH);
	assert_string_equal(config->as_table, "t.mmdb");
	assert_true(config->limits.networks.top == 3 && config->limits.networks.all_kinds);
	assert_true(config->tags && config->tag_expiry_s == 60);
	assert_true(config->mark_mask == 0xff00 && config->mark_shift == 8);
	assert_int_equal(config->address_slots, 512);
	assert_int_equal(config->inside_hosts, 128);
	assert_int_equal(config->outside_hosts, 64);
	assert_int_equal(config->cells, 1024);
	assert_int_equal(config->slices, 4);
	assert_int_equal(config->flow_slots, 256);
	assert_int_equal(config->filter_words, 8192 / 64);
	assert_true(config->limits.window_s == 5400 && config->limits.half_life_s == 604800);
	assert_true(config->limits.prior == 1e-4 && config->limits.confirm_score == 11.5);
	assert_int_equal(config->ports[25].tcp_service, GP_SERVICE_OTHER);
	assert_int_equal(config->ports[26].tcp_service, GP_SERVICE_SMTP);
	assert_int_equal(config->ports[2528].tcp_service, GP_SERVICE_SMTP);
	assert_int_equal(config->ports[2529].tcp_service, GP_SERVICE_OTHER);
	assert_int_equal(config->ports[80].tcp_service, GP_SERVICE_OTHER);
	assert_int_equal(config->ports[80].udp_service, GP_SERVICE_QUIC);
	assert_int_equal(config->ports[443].udp_service, GP_SERVICE_OTHER);
	assert_int_equal(config->ports[443].tcp_service, GP_SERVICE_TLS);
	assert_int_equal(config->ports[22].scan_class, GP_SCAN_WATCHED);
	assert_int_equal(config->ports[23].scan_class, GP_SCAN_SERVICE);
	assert_int_equal(config->ports[25].scan_class, GP_SCAN_HIGH);
	gp_config_close(config);
}

/* A class has its own thresholds and, whatever stands first, everybody's. */
static void test_classes(void **state)
{
	static const char yaml[] = "classes:\n- {name: a, prefixes: [10.0.0.0/9, 10.200.0.0/16], prior: 0.01, quiet: 1h}\n"
				   "- {prefixes: [10.1.0.0/16], scan_high_contacts: 7, name: b}\n"
				   "thresholds: {prior: 0.002, window: 1min}\nflood: {slices: 9}\n";
	struct gp_config *config = good(yaml, sizeof(yaml) - 1, NULL, 0);
	const struct gp_limits *a = &config->classes[0].limits, *b = &config->classes[1].limits;

	(void)state;
	assert_int_equal(config->class_count, 2);
	assert_string_equal(config->classes[1].name, "b");
	assert_true(a->prior == 0.01 && a->quiet_s == 3600 && a->scan_high_contacts == 200);
	assert_true(b->prior == 0.002 && b->quiet_s == 3 * 86400 && b->scan_high_contacts == 7);
	assert_true(a->window_s == 60 && b->window_s == 60 && a->flood.slices == 9 && b->flood.slices == 9);
	assert_int_equal(config->class_prefix_count, 3);
	assert_true(config->class_prefixes[0].class == 0 && config->class_prefixes[1].class == 0);
	assert_true(config->class_prefixes[2].class == 1 && config->class_prefixes[2].prefix.bits == 112);
	gp_config_close(config);
}

static void test_new_values(void **state)
{
	static const char yaml[] = "interfaces: [{name: eth0, side: outside}, {name: b}]\n"
				   "outputs: [{path: /o, format: text, interval: 10s}, {path: /p}]\n"
				   "store: {path: /s, hosts: 1h, evidence: 2h, epochs: 3h, metrics: 4h, notifications: 5h}\n"
				   "control: {socket: /c, group: g}\nhttp: {listen: '[::1]:80', token_file: /t}\n"
				   "memory: {path: /m}\n";
	struct gp_config *config = good(yaml, sizeof(yaml) - 1, NULL, 0);

	(void)state;
	assert_int_equal(config->interface_count, 2);
	assert_string_equal(config->interfaces[0].name, "eth0");
	assert_true(config->interfaces[0].side == GP_SIDE_OUTSIDE && config->interfaces[1].side == GP_SIDE_TAP);
	assert_int_equal(config->output_count, 2);
	assert_string_equal(config->outputs[0].path, "/o");
	assert_true(config->outputs[0].format == GP_FORMAT_TEXT && config->outputs[0].interval_s == 10);
	assert_true(config->outputs[1].format == GP_FORMAT_JSON && config->outputs[1].interval_s == 300);
	assert_string_equal(config->store.path, "/s");
	assert_true(config->store.hosts_s == 3600 && config->store.evidence_s == 7200 && config->store.epochs_s == 10800);
	assert_true(config->store.metrics_s == 14400 && config->store.notifications_s == 18000);
	assert_string_equal(config->control.socket, "/c");
	assert_string_equal(config->control.group, "g");
	assert_string_equal(config->http.listen, "[::1]:80");
	assert_string_equal(config->http.token_file, "/t");
	assert_string_equal(config->memory_path, "/m");
	gp_config_close(config);
}

/* The words of a choice. */
static void test_choices(void **state)
{
	char word[16];

	(void)state;
	assert_int_equal(gp_choice_find("json, ndjson or text", "json"), 0);
	assert_int_equal(gp_choice_find("json, ndjson or text", "ndjson"), 1);
	assert_int_equal(gp_choice_find("json, ndjson or text", "text"), 2);
	assert_int_equal(gp_choice_find("json, ndjson or text", "tex"), -1);
	assert_int_equal(gp_choice_find("json, ndjson or text", ""), -1);
	assert_int_equal(gp_choice_find("json, ndjson or text", "or"), -1);
	assert_false(gp_choice_get(word, sizeof(word), "json, ndjson or text", 3));
	/* Places are values of enums. */
	for (int kind = 0; kind < GP_LIST_KINDS; kind++)
		assert_int_equal(gp_choice_find(gp_config_key_find("lists[]", "kind")->unit,
						gp_list_kind_name((enum gp_list_kind)kind)), kind);
	assert_int_equal(gp_choice_find(gp_config_key_find("interfaces[]", "side")->unit, "outside"), GP_SIDE_OUTSIDE);
	assert_int_equal(gp_choice_find(gp_config_key_find("interfaces[]", "side")->unit, "inside"), GP_SIDE_INSIDE);
	assert_int_equal(gp_choice_find(gp_config_key_find("outputs[]", "format")->unit, "ndjson"), GP_FORMAT_NDJSON);
	assert_int_equal(gp_choice_find(gp_config_key_find("outputs[]", "format")->unit, "text"), GP_FORMAT_TEXT);
}

static void test_defaults(void **state)
{
	struct gp_config *config = good("", 0, NULL, 0);
	unsigned int i, services[GP_SERVICES] = {0}, classes[GP_SCAN_CLASSES] = {0};

	(void)state;
	assert_string_equal(config->sensor, "gatepost");
	assert_true(config->default_inside && !config->trust_inside && !config->tunnels && !config->secret_given);
	assert_int_equal(config->range_count, 5);
	assert_string_equal(config->journal, "/run/gatepost/journal");
	assert_true(!config->tags && config->mark_mask == 0xff && !config->mark_shift && config->tag_expiry_s == 30);
	assert_int_equal(config->address_slots, 0);
	assert_int_equal(config->inside_hosts, 65536);
	assert_int_equal(config->outside_hosts, 32768);
	assert_int_equal(config->cells, 16384);
	assert_int_equal(config->slices, 0);
	assert_int_equal(config->flow_slots, 262144);
	assert_int_equal(config->filter_words, 65536);
	/* The table's texts and the constants are the same numbers; all fields are doubles, so no padding. */
	assert_memory_equal(&config->limits, &gp_limits_default, sizeof(gp_limits_default));
	for (i = 0; i < 65536; i++) {
		services[config->ports[i].tcp_service]++;
		services[config->ports[i].udp_service] += config->ports[i].udp_service != GP_SERVICE_OTHER;
		classes[config->ports[i].scan_class]++;
	}
	assert_int_equal(services[GP_SERVICE_SMTP], 1);
	assert_int_equal(services[GP_SERVICE_SUBMISSION], 3);
	assert_int_equal(services[GP_SERVICE_HTTP], 3);
	assert_int_equal(services[GP_SERVICE_TLS], 2);
	assert_int_equal(services[GP_SERVICE_QUIC], 1);
	assert_int_equal(services[GP_SERVICE_MAILBOX], 4);
	assert_int_equal(classes[GP_SCAN_WATCHED], 7);
	assert_int_equal(config->ports[23].scan_class, GP_SCAN_SERVICE);
	assert_int_equal(config->ports[27017].scan_class, GP_SCAN_SERVICE);
	assert_int_equal(config->ports[6881].scan_class, GP_SCAN_HIGH);
	gp_config_close(config);
}

static void test_arguments(void **state)
{
	static char *const inside[] = {(char *)"198.51.100.0/24", (char *)"2001:db8::/32"};
	static char *const wrong[] = {(char *)"10.0.0.0/8", (char *)"10.1.1.1/8", (char *)"\033[2J"};
	static const char file[] = "inside: [203.0.113.0/24]\n";
	struct gp_config_errors errors = {0};
	struct gp_config *config;

	(void)state;
	config = good("", 0, inside, 2);
	assert_false(config->default_inside);
	assert_int_equal(config->range_count, 2);
	gp_config_close(config);

	config = good(file, strlen(file), inside, 2);
	assert_false(config->default_inside);
	assert_int_equal(config->range_count, 3);
	gp_config_close(config);

	assert_int_equal(gp_config_parse(&config, &errors, "", 0, wrong, 3), -EINVAL);
	check_errors("arguments", &errors,
		     (const char *[]){"0: --inside 10.1.1.1/8: host bits are set", "0: --inside \033[2J: not an IPv4",
				      NULL});
	gp_config_errors_free(&errors);
}

static const struct {
	const char *text;
	double seconds; /* -1: refused */
	const char *formatted;
} durations[] = {
	{"0s", 0, "0d"},	 {"90s", 90, "90s"},  {"1.5min", 90, "90s"}, {"10min", 600, "10min"},
	{"600s", 600, "10min"},	 {"24h", 86400, "1d"}, {"1.5h", 5400, "90min"}, {"0.1s", 0.1, "0.1s"},
	{"1e2s", 100, "100s"},	 {"1e-2s", 0.01, "0.01s"}, {"7d", 604800, "7d"}, {"", -1, NULL},
	{"s", -1, NULL},	 {"10", -1, NULL},    {"10 min", -1, NULL},  {"10S", -1, NULL},
	{"1h30min", -1, NULL},	 {"-1s", -1, NULL},   {"+1s", -1, NULL},     {"1.s", -1, NULL},
	{".5s", -1, NULL},	 {"01s", -1, NULL},   {"1e99s", -1, NULL},   {"1es", -1, NULL},
	{"1e99999999999s", -1, NULL}, {"0.00000000000000000000001s", -1, NULL}, {"1234567890123456s", -1, NULL},
};

static void test_durations(void **state)
{
	char formatted[32];
	const char *why;
	double seconds;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < ROWS(durations); i++) {
		err = gp_duration_parse(&seconds, &why, durations[i].text);
		if (err != (durations[i].formatted ? 0 : -EINVAL) || (!err && seconds != durations[i].seconds))
			fail_msg("\"%s\": returned %d, %g", durations[i].text, err, seconds);
		if (err)
			continue;
		gp_duration_format(formatted, sizeof(formatted), seconds);
		assert_string_equal(formatted, durations[i].formatted);
	}
}

/* A list of @count lines made by @format, which takes two numbers from 0 to 255. */
static char *long_list(size_t *len, const char *head, const char *line, size_t count)
{
	char *text;
	FILE *file = open_memstream(&text, len);
	size_t i;

	assert_non_null(file);
	fputs(head, file);
	for (i = 0; i < count; i++)
		fprintf(file, line[0] == '@' ? "- 10.%zu.%zu.2\n" : "- x%zu%zu\n", i / 256 % 256, i % 256);
	fclose(file);
	return text;
}

/* The head of a list, what each of its lines is (@: an IPv4 address), and how many. */
static const struct {
	const char *head, *line;
	size_t count;
	const char *error; /* the first one */
	size_t errors, dropped;
} bounds[] = {
	{"inside: [203.0.113.0/24]\nrelays:\n", "@", 65535, "no error", 0, 0},
	{"relays:\n", "@", 65537, "2: relays: has 65537 entries; a list of 0 to 65536", 1, 0},
	{"inside: [0.0.0.0/0]\nrelays:\n", "@", 32767, "no error", 0, 0},
	{"inside: [0.0.0.0/0]\nrelays:\n", "@", 32768,
	 "0: inside, relays, infrastructure: 65537 address ranges after cutting; at most 65536", 1, 0},
	{"relays:\n", "x", 1500, "2: relays: \"x00\": not an", GP_CONFIG_ERRORS_MAX, 500},
	{"relays:\n", "x", 400000, "399999: more than 400000 values", 1, 0},
};

static void test_bounds(void **state)
{
	struct gp_config_errors errors = {0};
	struct gp_config *config;
	char *text, line[160];
	size_t len, i;

	(void)state;
	for (i = 0; i < ROWS(bounds); i++) {
		text = long_list(&len, bounds[i].head, bounds[i].line, bounds[i].count);
		gp_config_parse(&config, &errors, text, len, NULL, 0);
		free(text);
		if (errors.count)
			snprintf(line, sizeof(line), "%d: %s", errors.list[0].line, errors.list[0].text);
		else
			snprintf(line, sizeof(line), "no error");
		if (errors.count != bounds[i].errors || errors.dropped != bounds[i].dropped ||
		    !config != !!errors.count || strncmp(line, bounds[i].error, strlen(bounds[i].error)))
			fail_msg("row %zu: %zu errors, %zu dropped, %s", i, errors.count, errors.dropped, line);
		gp_config_close(config);
		gp_config_errors_free(&errors);
	}
}

static void test_long_value(void **state)
{
	struct gp_config_errors errors = {0};
	struct gp_config *config;
	char text[1100];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "sensor: ", 8);
	assert_int_equal(gp_config_parse(&config, &errors, text, sizeof(text), NULL, 0), -EINVAL);
	check_errors("long value", &errors,
		     (const char *[]){"1: a value of 1092 bytes; at most 1024", "1: sensor: has 1092", NULL});
	gp_config_errors_free(&errors);
}

/* -- Files, messages, documents ------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static char directory[] = "/tmp/gatepost-test-XXXXXX", path[64];

static int directory_open(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/gatepost-test-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/a\033[2J.conf", directory);
	return 0;
}

static int directory_close(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static void test_file_errors(void **state)
{
	static const char wrong[] = "decapsulate: 1\nbogus: 1\n";
	static char *const inside[] = {(char *)"10.1.1.1/8"};
	char out[4096], expected[4096];
	struct gp_config *config;
	char keys[640];

	(void)state;
	gp_config_key_siblings(keys, sizeof(keys), "");
	write_file(path, wrong, sizeof(wrong) - 1);
	stderr_capture_begin();
	assert_int_equal(gp_config_open(&config, path, inside, 1), -EINVAL);
	stderr_capture_end(out, sizeof(out));
	assert_null(config);
	snprintf(expected, sizeof(expected),
		 "gatepost: --inside 10.1.1.1/8: host bits are set after the prefix length; a prefix, such as "
		 "192.0.2.0/24 or 2001:db8::/32\n"
		 "gatepost: %1$s/a\\x1b[2J.conf:1: decapsulate: \"1\" is unknown; true or false\n"
		 "gatepost: %1$s/a\\x1b[2J.conf:2: \"bogus\": unknown key; known here: %2$s\n",
		 directory, keys);
	assert_string_equal(out, expected);
}

static void test_files(void **state)
{
	static const char right[] = "sensor: gw9\n";
	char out[4096], *big;
	struct gp_config *config;

	(void)state;
	write_file(path, right, sizeof(right) - 1);
	assert_int_equal(gp_config_open(&config, path, NULL, 0), 0);
	assert_string_equal(config->sensor, "gw9");
	gp_config_close(config);

	big = malloc(GP_CONFIG_FILE_BYTES + 1);
	assert_non_null(big);
	memset(big, '#', GP_CONFIG_FILE_BYTES + 1);
	write_file(path, big, GP_CONFIG_FILE_BYTES + 1);
	free(big);
	stderr_capture_begin();
	assert_int_equal(gp_config_open(&config, path, NULL, 0), -EFBIG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(gp_config_open(&config, path, NULL, 0), -ENOENT);
	assert_int_equal(gp_config_open(&config, directory, NULL, 0), -EISDIR);
	stderr_capture_end(out, sizeof(out));
	assert_non_null(strstr(out, "is longer than 16 MiB\n"));
	assert_non_null(strstr(out, ": No such file or directory\n"));
	assert_non_null(strstr(out, ": Is a directory\n"));

	assert_int_equal(gp_config_open(&config, NULL, NULL, 0), 0);
	assert_true(config->default_inside);
	gp_config_close(config);
	gp_config_close(NULL);
}

static void test_example(void **state)
{
	struct gp_config *example, *defaults;
	const struct gp_config_key *key;
	const char *name;
	char *text, line[64];
	size_t len;

	(void)state;
	assert_int_equal(gp_config_open(&example, "docs/gatepost.conf.example", NULL, 0), 0);
	assert_int_equal(gp_config_open(&defaults, NULL, NULL, 0), 0);
	assert_string_equal(example->sensor, "gw1");
	assert_false(example->default_inside);
	assert_memory_equal(example->ports, defaults->ports, 65536 * sizeof(*defaults->ports));
	assert_memory_equal(&example->limits, &defaults->limits, sizeof(defaults->limits));
	assert_memory_equal(example->secret, defaults->secret, sizeof(defaults->secret));
	assert_string_equal(example->journal, defaults->journal);
	assert_int_equal(example->address_slots, defaults->address_slots);
	assert_int_equal(example->inside_hosts, defaults->inside_hosts);
	assert_int_equal(example->outside_hosts, defaults->outside_hosts);
	assert_int_equal(example->cells, defaults->cells);
	assert_int_equal(example->slices, defaults->slices);
	assert_int_equal(example->flow_slots, defaults->flow_slots);
	assert_int_equal(example->filter_words, defaults->filter_words);
	assert_int_equal(example->tunnels, defaults->tunnels);
	assert_int_equal(example->trust_inside, defaults->trust_inside);
	gp_config_close(example);
	gp_config_close(defaults);

	assert_int_equal(gp_config_file_read(&text, &len, "docs/gatepost.conf.example"), 0);
	text[len - 1] = '\0';
	for (key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		name = strrchr(key->path, '.');
		snprintf(line, sizeof(line), "%s:", name ? name + 1 : key->path);
		if (!strstr(text, line))
			fail_msg("docs/gatepost.conf.example does not show %s", key->path);
	}
	free(text);
}

/* Without line ends, so that a text may be broken anywhere. */
static void unfold(char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			*text = ' ';
	}
}

/* Whether the range stands there as such, not as the beginning of a longer number. */
static bool has_range(const char *text, const char *range)
{
	for (text = strstr(text, range); text; text = strstr(text + 1, range)) {
		if (text[strlen(range)] < '0' || text[strlen(range)] > '9')
			return true;
	}
	return false;
}

static void check_documented(char *manual, const struct gp_config_key *key)
{
	char item[96], fallback[640], min[32], max[32], range[80], *start, *end, saved;

	snprintf(item, sizeof(item), ".It Ic %s : ", key->path);
	start = strstr(manual, item);
	if (!start) {
		fail_msg("docs/gatepost.conf.5 does not explain %s", key->path);
		return;
	}
	end = strstr(start + strlen(item), ".It ");
	end = end ? end : start + strlen(start);
	saved = *end;
	*end = '\0';
	snprintf(fallback, sizeof(fallback), "Default: %s", key->fallback ? key->fallback : "");
	if (key->fallback && !strstr(start, fallback))
		fail_msg("docs/gatepost.conf.5 has another default for %s: %s", key->path, start);
	snprintf(min, sizeof(min), "%.15g", key->min);
	snprintf(max, sizeof(max), "%.15g", key->max);
	if (key->type == GP_KEY_DURATION) {
		gp_duration_format(min, sizeof(min), key->min);
		gp_duration_format(max, sizeof(max), key->max);
	}
	snprintf(range, sizeof(range), "%s to %s", min, max);
	if (key->max > 1 && key->type != GP_KEY_ENTRY_SUBSCRIBER && key->min < key->max && !has_range(start, range))
		fail_msg("docs/gatepost.conf.5 has another range for %s, not %s: %s", key->path, range, start);
	*end = saved;
}

static void test_manual(void **state)
{
	const struct gp_config_key *key;
	char *text;
	size_t len;

	(void)state;
	assert_int_equal(gp_config_file_read(&text, &len, "docs/gatepost.conf.5"), 0);
	text[len - 1] = '\0';
	unfold(text);
	for (key = gp_config_keys; key < gp_config_keys + gp_config_key_count; key++) {
		if (key->type != GP_KEY_SECTION)
			check_documented(text, key);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_new_values),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test_setup_teardown(test_file_errors, directory_open, directory_close),
		cmocka_unit_test_setup_teardown(test_files, directory_open, directory_close),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
