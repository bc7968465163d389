/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract between the data plane and the agent: every record that both touch, every limit and every enum.
 * No functions. Padding is spelled out and sizes are asserted; whoever changes a record bumps GP_ABI_VERSION.
 * Numbers are in host byte order unless the type says __be.
 */
#ifndef GATEPOST_ABI_H
#define GATEPOST_ABI_H

#include <linux/types.h>

#define GP_ABI_VERSION 7

/* Limits. */
#define GP_FRAME_MIN 14u	   /* BPF_PROG_TEST_RUN refuses less (ETH_HLEN); counted by the source */
#define GP_FRAME_MAX 72704u	   /* a test run takes 17 page fragments and the linear part: about 73 kB */
#define GP_WINDOW_BYTES 512u	   /* payload that the recognisers look at, from its first byte */
#define GP_TAIL_BYTES 16u	   /* the end of the payload, to see where a mail body ends */
#define GP_SMTP_LINES 16u	   /* lines read per segment; the rest is counted as lines_skipped */
#define GP_HLL_REGISTERS 64u	   /* Flajolet 2007: standard error 1.04 / sqrt(64) = 13 % */
#define GP_TABLE_WAYS 4u	   /* slots per bucket, two buckets per key */
#define GP_PREFIXES_MAX 65536u	   /* address ranges; a look-up halves them 17 times at most */
#define GP_CHUNK_SLOTS 256u	   /* inside slots are handed out so many at a time: a /24, or 256 subscribers' prefixes */
#define GP_BANKS 2u		   /* of outside hosts and of prefix cells: one is filled, the other one drained */
#define GP_PENDING_PROOFS 65536u   /* handshakes that wait for their last ACK */
#define GP_CELL_CROWD 18u	   /* registers in use, about 20 distinct endpoints: its sources get records of their own */
#define GP_CELL_INSISTS 4u	   /* likewise with so many endpoints per source: nobody forges the same address so often */
#define GP_DUE 8u		   /* counts that wait, per CPU, until their cache line has come */
#define GP_RECORD_RING 4096u	   /* flow records between data plane and agent */
#define GP_SAMPLE_BYTES 1536u	   /* of a packet that is sampled live: a whole one of 1500 bytes, its IP header first */
#define GP_SAMPLE_BUCKETS 65536u   /* of sources' tokens; sources whose hashes collide share one */
#define GP_SAMPLE_CLIENT 16u	   /* segments of a flow's client that are sampled: each holds a line, or a request */
#define GP_SAMPLE_SERVER 24u	   /* the same of its server: a greeting, replies in several segments */
#define GP_SLICE_NS 4000000000ull  /* time slice of an attempt (docs/detection.md) */
#define GP_SLICES 4u		   /* ring: three live ones and one being cleared */
#define GP_LIVE_SLICES 3u	   /* an answer counts for an attempt of this slice or the two before */
#define GP_DEDUPE_NS 900000000000ull /* 15 min: a pair is a first contact again after that */
#define GP_DEDUPE_RING 3u	   /* now, the one before, one being cleared */
#define GP_FILTERS (GP_SLICES + 2u * GP_DEDUPE_RING)

/* An IPv6 address in wire order; an IPv4 one as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
struct gp_addr {
	union {
		__u8 bytes[16];
		__be32 words[4];
		__u64 halves[2]; /* wire order, for hashing and comparing only */
	};
};
_Static_assert(sizeof(struct gp_addr) == 16, "map ABI: bump GP_ABI_VERSION");

/* Why a packet was, or was not, read down to its transport header. Names: gp_parse_name(). */
enum gp_parse {
	GP_PARSE_OK,
	GP_PARSE_ARP,
	GP_PARSE_NOT_IP,	     /* an EtherType that carries no IP */
	GP_PARSE_LLC,		     /* IEEE 802.3 length field: LLC, spanning tree */
	GP_PARSE_PPP_CONTROL,	     /* PPPoE discovery, LCP, IPCP, IPV6CP, authentication */
	GP_PARSE_FRAME_TOO_SHORT,    /* fewer than GP_FRAME_MIN bytes: counted by the source */
	GP_PARSE_FRAME_TOO_LONG,     /* more than GP_FRAME_MAX bytes: counted by the source */
	GP_PARSE_LINK_TYPE,	     /* a capture's link layer that the source cannot turn into Ethernet */
	GP_PARSE_TRUNCATED,	     /* the frame ends inside a header */
	GP_PARSE_VLAN_TOO_DEEP,	     /* more than 4 tags */
	GP_PARSE_MPLS_TOO_DEEP,	     /* no bottom of stack within 8 labels */
	GP_PARSE_MPLS_NOT_IP,	     /* a pseudowire, or an unknown first nibble below the stack */
	GP_PARSE_PPPOE_MALFORMED,    /* version or type is not 1 (RFC 2516, 4), or a session frame with a code (6) */
	GP_PARSE_IP_VERSION,	     /* the version nibble contradicts the EtherType */
	GP_PARSE_IPV4_MALFORMED,     /* IHL below 5 words, or total length below the header */
	GP_PARSE_IPV6_MALFORMED,     /* a header longer than the payload length; an IPv4-mapped address on the wire */
	GP_PARSE_IPV6_EXT_TOO_DEEP,  /* more than 8 extension headers, or more than 512 bytes of them */
	GP_PARSE_FRAGMENT_LATER,     /* not the first fragment: there are no ports to read */
	GP_PARSE_TCP_MALFORMED,	     /* data offset below 5 words or beyond the segment (RFC 9293, 3.1) */
	GP_PARSE_UDP_MALFORMED,	     /* length below 8 or beyond the packet (RFC 768) */
	GP_PARSE_TUNNEL_MALFORMED,   /* GRE, VXLAN or GTP-U header that contradicts itself */
	GP_PARSE_TUNNEL_TOO_DEEP,    /* more than 4 GTP-U extension headers, or more than 512 bytes of them */
	GP_PARSE_STATUSES,
};

enum gp_fragment {
	GP_FRAGMENT_NONE,
	GP_FRAGMENT_FIRST, /* offset 0, more to come: the transport header is here */
	GP_FRAGMENT_LATER,
};

enum gp_tunnel {
	GP_TUNNEL_NONE,
	GP_TUNNEL_GRE,	 /* RFC 2784, RFC 2890 */
	GP_TUNNEL_IPIP,	 /* RFC 2003, 6in4 (RFC 4213), and IPv6 as the outer header (RFC 2473) */
	GP_TUNNEL_VXLAN, /* RFC 7348 */
	GP_TUNNEL_GTPU,	 /* 3GPP TS 29.281 */
};

/* TCP flags as they lie in the header (RFC 9293, 3.1). */
enum {
	GP_TCP_FIN = 0x01,
	GP_TCP_SYN = 0x02,
	GP_TCP_RST = 0x04,
	GP_TCP_PSH = 0x08,
	GP_TCP_ACK = 0x10,
	GP_TCP_URG = 0x20,
};

#define GP_VLAN_NONE 0xffffu

/* What one packet's headers say; filled once by gp_parse(), read by everything after it. */
struct gp_packet {
	struct gp_addr src, dst;  /* of the innermost IP header that was read */
	__u32 payload_len;	  /* by the IP and UDP length fields, never by what was captured */
	__u32 seq, ack;		  /* TCP */
	__u32 mpls_label;	  /* outermost; 0 without MPLS */
	__u32 head;		  /* TCP: the first four bytes of the payload as they lie there; 0 when there are fewer */
	__u16 payload_offset;	  /* bytes from the start of the frame */
	__u16 ip_offset;	  /* of the innermost IP header that was read */
	__u16 sport, dport;	  /* TCP and UDP */
	__u16 window;		  /* TCP, unscaled */
	__u16 s_vlan, c_vlan;	  /* 12-bit ids of the two outermost tags; GP_VLAN_NONE without. One tag: c_vlan */
	__u16 pppoe_session;	  /* 0 without PPPoE */
	__u16 ethertype;	  /* of the payload below all tags, 0x0800 for an IPv4 packet over PPPoE or MPLS */
	__u8 status;		  /* enum gp_parse */
	__u8 ip_version;	  /* 4, 6; 0 when no IP header was read */
	__u8 ip_proto;		  /* of the innermost header, extension headers skipped */
	__u8 ttl;		  /* or hop limit */
	__u8 tcp_flags;
	__u8 fragment;		  /* enum gp_fragment */
	__u8 tunnel;		  /* enum gp_tunnel */
	__u8 vlan_tags;
	__u8 mpls_labels;
	__u8 icmp_type;
};
_Static_assert(sizeof(struct gp_packet) == 80, "map ABI: bump GP_ABI_VERSION");

/* The first bytes of a packet's payload, copied once; what the recognisers read. */
struct gp_window {
	__u32 len;	   /* valid bytes of data */
	__u32 payload_len; /* of the whole payload, by the IP length */
	__u8 data[GP_WINDOW_BYTES];
};

/* Each service's ports are configuration; the payload decides where it is readable. */
enum gp_service {
	GP_SERVICE_OTHER,
	GP_SERVICE_HTTP,       /* 80, 8000, 8080 */
	GP_SERVICE_TLS,	       /* 443, 8443 */
	GP_SERVICE_QUIC,       /* UDP 443 */
	GP_SERVICE_SMTP,       /* 25; from here on: counted in struct gp_mail */
	GP_SERVICE_SUBMISSION, /* 465, 587, 2525 */
	GP_SERVICE_MAILBOX,    /* 110, 143, 993, 995 */
	GP_SERVICES,
};

#define GP_HOT_SERVICES 4u  /* counted in struct gp_hot: those before GP_SERVICE_SMTP */
#define GP_MAIL_SERVICES 3u

/* Which port class a first contact belongs to; each class has its own walk (docs/detection.md). */
enum gp_scan_class {
	GP_SCAN_HIGH,	 /* ports that nobody in particular listens on: peer-to-peer lives here */
	GP_SCAN_SERVICE, /* below 1024 and well-known ports above */
	GP_SCAN_WATCHED, /* 25, 465, 587, 80, 443, 8080, 8443 */
	GP_SCAN_ENDPOINT, /* (address, port) pairs: many ports of few hosts */
	GP_SCAN_CLASSES,
};

/* What is configured for a port number; a byte of the port table (gp_port_byte()). */
struct gp_port {
	__u8 tcp_service; /* enum gp_service */
	__u8 udp_service;
	__u8 scan_class; /* enum gp_scan_class below GP_SCAN_ENDPOINT */
};
#define GP_PORTS 65536u
_Static_assert(GP_SERVICES <= 8 && GP_SCAN_ENDPOINT <= 4, "a port's byte holds 3 + 3 + 2 bits");

/* Which way an interface faces. Replay is a tap. */
enum gp_side {
	GP_SIDE_TAP,
	GP_SIDE_INSIDE,
	GP_SIDE_OUTSIDE,
};

/* One address range; the ranges are sorted, do not overlap, and are searched by halving. Ends included. */
struct gp_range {
	struct gp_addr first, last;
	__u8 subscriber_bits; /* length of one subscriber's prefix, of 128; 96 + 32 for one IPv4 address */
	__u8 role;	      /* enum gp_role */
	__u8 pad[6];
};
_Static_assert(sizeof(struct gp_range) == 40, "map ABI: bump GP_ABI_VERSION");

enum gp_role {
	GP_ROLE_OUTSIDE, /* in no range */
	GP_ROLE_SUBSCRIBER,
	GP_ROLE_RELAY,		/* declared mail server: inside, but never a spam bot for sending mail */
	GP_ROLE_INFRASTRUCTURE, /* inside, never judged */
	GP_ROLE_BUSINESS,	/* a subscriber whose line may well have a mail server: static addresses */
};

struct gp_count {
	__u64 packets;
	__u64 bytes; /* frame length without FCS, as the data plane saw it */
};

struct gp_service_count {
	struct gp_count traffic; /* at the packet's owner */
	__u32 flows;	 /* TCP flows opened by this host: attempts, and flows met in mid-stream */
	__u32 attempts;	 /* distinct SYNs */
	__u32 answered;	 /* of those: a SYN-ACK came back */
	__u32 confirmed; /* of those: the client acknowledged exactly the server's ISN + 1 */
};
_Static_assert(sizeof(struct gp_service_count) == 32, "map ABI: bump GP_ABI_VERSION");

/* HyperLogLog, one cache line. A register holds the largest rank seen; merging is the maximum. */
struct gp_hll {
	__u8 registers[GP_HLL_REGISTERS];
};

enum gp_smtp_command {
	GP_SMTP_NONE,
	GP_SMTP_HELO,
	GP_SMTP_EHLO,
	GP_SMTP_MAIL,
	GP_SMTP_RCPT,
	GP_SMTP_DATA,
	GP_SMTP_BDAT,
	GP_SMTP_RSET,
	GP_SMTP_NOOP,
	GP_SMTP_QUIT,
	GP_SMTP_STARTTLS,
	GP_SMTP_AUTH,
	GP_SMTP_VRFY,
	GP_SMTP_OTHER, /* a line, but none of these verbs */
	GP_SMTP_COMMANDS,
};

/* What a server's reply answers. */
enum gp_smtp_stage {
	GP_STAGE_CONNECT, /* the greeting */
	GP_STAGE_HELO,
	GP_STAGE_MAIL,
	GP_STAGE_RCPT,
	GP_STAGE_DATA,
	GP_STAGE_BODY, /* after the final dot, or BDAT */
	GP_STAGE_STARTTLS,
	GP_STAGE_AUTH,
	GP_STAGE_QUIT,
	GP_STAGE_OTHER,
	GP_SMTP_STAGES,
};

enum gp_reply_class {
	GP_REPLY_2XX,
	GP_REPLY_3XX,
	GP_REPLY_4XX,
	GP_REPLY_5XX,
	GP_REPLY_CLASSES,
};

/* Counted at the client, over all its SMTP flows in the clear. Port 25 and submission apart. */
struct gp_smtp_count {
	__u32 commands[GP_SMTP_COMMANDS];
	__u32 replies[GP_SMTP_STAGES][GP_REPLY_CLASSES];
	__u32 dialogues;     /* flows in which the client sent a command after proving itself */
	__u32 ended_by_quit; /* of those, at the end of the flow */
	__u32 ended_without_quit;
	__u32 early_talk;    /* flows whose client spoke before the greeting */
	__u32 lines_skipped; /* beyond GP_SMTP_LINES in a segment */
	__u32 pad;
};

enum gp_http_method {
	GP_HTTP_GET,
	GP_HTTP_HEAD,
	GP_HTTP_POST,
	GP_HTTP_OTHER_METHOD,
	GP_HTTP_METHODS,
};

/* Counted at the client. */
struct gp_http_count {
	__u32 requests[GP_HTTP_METHODS];
	__u32 responses[6]; /* by first digit; [0]: not 1xx to 5xx */
	__u32 without_cookie; /* of requests whose head ended within the window */
	__u32 without_referrer;
};

enum gp_sni {
	GP_SNI_UNKNOWN, /* the hello is longer than the window, and no server_name stood in it */
	GP_SNI_ABSENT,
	GP_SNI_PRESENT,
};

/* Counted at the client. */
struct gp_tls_count {
	__u32 hellos;
	__u32 sni[3]; /* by enum gp_sni */
};

/* Where passwords are asked for, mail and the web left aside. */
enum gp_login {
	GP_LOGIN_MAILBOX, /* GP_SERVICE_MAILBOX */
	GP_LOGIN_FTP,	  /* port 21 */
	GP_LOGIN_SSH,	  /* port 22, and wherever somebody says "SSH-" first (RFC 4253, 4.2) */
	GP_LOGIN_TELNET,  /* port 23 */
	GP_LOGIN_RDP,	  /* port 3389 */
	GP_LOGIN_VNC,	  /* ports 5900 and 5901 */
	GP_LOGINS,
};

/* Counted at the client, of proved flows. */
struct gp_login_count {
	__u32 flows;
	__u32 brief;	/* of these, ended soon and with little sent, though a password fits in: include/gatepost/login.h */
	__u32 lasting;	/* ended later, or with more sent */
	__u32 accepted; /* log-ins, as the server said in the clear; mailboxes and FTP only */
	__u32 refused;
};

/* First contacts and the answers to them, by class and by time slice of the attempt; only ever added to. */
struct gp_scan_count {
	__u32 attempts[GP_SCAN_CLASSES][GP_SLICES];
	__u32 answers[GP_SCAN_CLASSES][GP_SLICES];
};

struct gp_sample {
	struct gp_addr dst;
	__u16 sport, dport;
	__u32 pad;
};

enum gp_sample_kind {
	GP_SAMPLE_CONTACT, /* the first TCP attempt */
	GP_SAMPLE_SMTP,	   /* the first proved flow to an SMTP port */
	GP_SAMPLE_LOGIN,   /* the first proved flow counted in `logins` */
	GP_SAMPLES,
};

/*
 * Packets and bytes in one word, so that one addition counts both: packets in the upper 24 bits, bytes in the lower
 * 40. Once the top bit is set, after 8 M packets, the data plane spills the word into struct gp_host; the bytes
 * cannot overflow before (GP_FRAME_MAX x 2^23 < 2^40).
 */
#define GP_WORD_SHIFT 40
#define GP_WORD_PACKET (1ull << GP_WORD_SHIFT)
#define GP_WORD_FULL (1ull << 63)

/*
 * The hot line of an inside slot: what a bulk packet touches, a cache line per slice. A CPU counts in its own slice
 * without atomics; CPUs beyond the number of slices share the last one.
 */
struct gp_hot {
	__u64 traffic[GP_HOT_SERVICES]; /* words of packets and bytes at the owner, by enum gp_service */
	__u64 sent;			/* of these: sent by the owner */
	__u64 verdict;			/* written by the agent, read for tags: class and expiry (GP_VERDICT_SHIFT) */
	__u64 fetched;			/* a store here fetches the line; nobody reads it (include/gatepost/hot.h) */
	__u64 reserved;
};
_Static_assert(sizeof(struct gp_hot) == 64, "one cache line");

/*
 * A verdict on an inside slot, as its hot lines hold it: the class in the lowest 8 bits, above them the second of the
 * data plane's clock from which on it no longer holds. 0: none.
 */
#define GP_VERDICT_SHIFT 8
#define GP_SECOND_NS 1000000000ull

enum gp_verdict_class {
	GP_CLASS_NONE,
	GP_CLASS_SPAM_BOT_SUSPECTED,
	GP_CLASS_SPAM_BOT_CONFIRMED,
	GP_CLASS_SCANNER_SUSPECTED,
	GP_CLASS_SCANNER_CONFIRMED,
	GP_CLASS_OTHER_SUSPECTED, /* guesses passwords, looks for holes, floods */
	GP_CLASS_OTHER_CONFIRMED,
	GP_CLASSES,
};

/* Whose packet it is: each one has one owner, the inside end where there is one. */
enum gp_direction {
	GP_FROM_OWNER,
	GP_TO_OWNER,
	GP_DIRECTIONS,
};

/* Where a packet stands in its flow. All bulk packets of a flow bear equal tags: GRO merges no others. */
enum gp_tag_stage {
	GP_TAG_BULK,	  /* nobody looked into it: bodies of web pages, what is encrypted, QUIC, ACKs without payload */
	GP_TAG_HANDSHAKE, /* SYN, SYN-ACK, and the ACK that answers it */
	GP_TAG_COMMAND,	  /* mail in the clear: greeting, commands, replies, authentication */
	GP_TAG_BODY,	  /* behind DATA, until the mail has ended */
	GP_TAG_TLS,	  /* a TLS hello; in a mail flow, all payload from there on */
	GP_TAG_REQUEST,	  /* sent by a web client */
	GP_TAG_RESPONSE,  /* the head of a web server's answer */
	GP_TAG_CLOSING,	  /* FIN, RST, and what comes behind them */
	GP_TAG_STAGES,
};

/*
 * What the XDP program writes into the metadata area in front of a packet of a watched service, when tags are on; the
 * first bytes there, at data_meta. Other programs may read it; bpf/tag.bpf.c makes skb->mark of it.
 */
struct gp_tag {
	__u8 version;	/* GP_TAG_VERSION */
	__u8 service;	/* enum gp_service, never GP_SERVICE_OTHER */
	__u8 direction; /* enum gp_direction */
	__u8 stage;	/* enum gp_tag_stage */
	__u8 verdict;	/* enum gp_verdict_class, of the owner */
	__u8 pad[3];	/* 0 */
};
#define GP_TAG_VERSION 1
_Static_assert(sizeof(struct gp_tag) == 8, "what others read: bump GP_TAG_VERSION");

/* The value that becomes part of skb->mark: service, direction << 3, verdict << 4. */
#define GP_MARK_DIRECTION_SHIFT 3
#define GP_MARK_VERDICT_SHIFT 4
#define GP_MARK_BITS 0x7fu
_Static_assert(GP_SERVICES <= 8 && GP_DIRECTIONS <= 2 && GP_CLASSES <= 8, "a mark's value holds 3 + 1 + 3 bits");

/*
 * Packets in a row that are counted alike, and wait for their hot line, in one word: 24 bits of bytes, 3 of packets, 5 of
 * what they are, and the line. 0: none wait.
 */
#define GP_DUE_BYTES 0xffffffull /* so many packets have at most GP_DUE_PACKETS x GP_FRAME_MAX */
#define GP_DUE_PACKETS 7u
#define GP_IN_FLIGHT_MAX (GP_DUE * GP_DUE_PACKETS) /* packets that wait, per CPU */
#define GP_DUE_PACKET (1ull << 24)
#define GP_DUE_WHAT_SHIFT 27
#define GP_DUE_LINE_SHIFT 32

/* What they are. */
#define GP_DUE_SERVICE 0x07u /* enum gp_service */
#define GP_DUE_SENT 0x08u    /* by the owner */
#define GP_DUE_FORGED 0x10u  /* or took an odd way: it says nothing of its source */

/* The mail services of an inside slot: one for all CPUs, atomics. */
struct gp_mail {
	__u64 traffic[GP_MAIL_SERVICES]; /* words, by enum gp_service - GP_SERVICE_SMTP */
	__u64 sent;
};
_Static_assert(sizeof(struct gp_mail) == 32, "map ABI: bump GP_ABI_VERSION");

/* 256 neighbouring inside slots, and whose they are: slot i is the subscriber's prefix `first` + i. */
struct gp_chunk {
	struct gp_addr first;
	__u8 bits;  /* of each subscriber's prefix, of 128; 128 for IPv4 addresses */
	__u8 ready; /* 1 once all of it is valid */
	__u8 pad[6];
};
_Static_assert(sizeof(struct gp_chunk) == 24, "map ABI: bump GP_ABI_VERSION");

/* A bit for each inside slot, modulo their number: its hot lines may hold a verdict. Written by the agent. */
#define GP_FLAGGED_WORDS 1024u

#define GP_DIR16_WORDS 1024u /* a bit for each top 16 bits that an inside IPv4 address begins with */
#define GP_DIR24_ENTRIES (1u << 24)

/* An entry of the DIR-24 array: which chunk an IPv4 /24 has. 0: nothing of it is inside. */
#define GP_DIR_CHUNK 0x00ffffffu /* chunk + 1 */
#define GP_DIR_UNMADE 0x00ffffffu /* inside; the first packet gets it a chunk */
#define GP_DIR_PARTIAL 0x80000000u /* only some of its addresses are inside: the ranges tell which */

/* What is inside of all IPv6 networks of 32 bits, which is what a registry gives a provider at least, with one hash. */
#define GP_DIR32_ENTRIES 65536u
#define GP_DIR32_OUTSIDE 0u /* nothing; 1 to GP_DENSE - 1: a row that has most of it */
#define GP_DENSE 256u	    /* rows; row 0 holds nothing, and neither does the last one: */
#define GP_DIR32_ASK (GP_DENSE - 1) /* the ranges are asked */

/*
 * A range of IPv6 subscribers whose chunks follow each other: arithmetic finds a slot. In host order, upper halves of
 * addresses; first > last: none.
 */
struct gp_dense {
	__u64 first, last; /* all of what begins with these and what is between them */
	__u32 slot;	   /* to be added to an address >> shift, modulo 2^32 */
	__u32 shift;	   /* 64 - length of a subscriber's prefix */
};
_Static_assert(sizeof(struct gp_dense) == 24, "map ABI: bump GP_ABI_VERSION");

/* A word of the IPv6 directory: keyed 40-bit fingerprint of the chunk's prefix, and chunk + 1. */
#define GP_DIR6_CHUNK 0xffffffull

/*
 * A host that did more than move bulk data: an inside subscriber's prefix, or an outside address. What an inside slot
 * owns lies in its hot lines and in struct gp_mail; here is what was spilled from there. 0 in `tag` is a free record.
 */
struct gp_host {
	__u64 tag;	    /* outside: keyed 64-bit fingerprint of addr; inside: slot + 1 */
	struct gp_addr addr; /* masked to bits; written after the claim */
	__u64 first_seen_ns;
	__u64 last_seen_ns; /* of the packets that touch this record: TCP control, mail, heads of web flows */
	struct gp_count sent;	  /* as owner; inside: what was spilled */
	struct gp_count received; /* inside: always 0, it is what the services have more than was sent */
	struct gp_service_count services[GP_SERVICES];
	__u32 spills_begun, spills_done; /* unequal: a word is on its way here from a hot line */
	__u8 bits;	/* prefix length of 128 */
	__u8 role;	/* enum gp_role */
	__u8 ready;	/* 1 once addr, bits and role are valid */
	__u8 pad[5];
	__u32 syn, syn_ack, fin, rst; /* segments sent */
	__u32 half_open;   /* own SYN, the SYN-ACK came, own RST followed: a raw-socket scan, or a spoofed victim */
	__u32 backscatter; /* SYN-ACKs received for no SYN of this host */
	__u32 proved_flows; /* flows in which this host, as client, acknowledged the server's ISN + 1 */
	__u32 pad2;
	struct gp_smtp_count smtp[2]; /* [0] port 25, [1] submission */
	struct gp_http_count http;
	struct gp_tls_count tls;
	struct gp_login_count logins[GP_LOGINS];
	struct gp_scan_count scan;
	struct gp_sample samples[GP_SAMPLES];
	struct gp_hll contacts; /* addresses contacted first (any TCP port) */
	struct gp_hll ports;	/* destination ports of new endpoints */
	struct gp_hll mx;	/* /24 and /48 networks of proved flows to port 25 */
};

/*
 * A prefix of outside addresses that have no record of their own: /24 or /48. Bare SYNs are counted here, and whatever
 * these addresses own.
 */
struct gp_cell {
	__u64 tag; /* keyed fingerprint of addr; 0 is a free cell */
	struct gp_addr addr; /* masked to bits */
	__u64 first_seen_ns, last_seen_ns;
	struct gp_service_count services[GP_SERVICES];
	__u32 syn;	/* segments sent */
	__u32 answered; /* SYN-ACKs that came back to a SYN of the prefix */
	__u32 crowd;	/* registers in use in `endpoints` */
	__u32 touched;	/* packets counted here, of any kind: a cell that has seen one gives way */
	__u8 bits;	/* of 128 */
	__u8 ready;	/* 1 once addr and bits are valid */
	__u8 pad[2];
	__u32 senders;	/* registers in use in `sources` */
	struct gp_hll endpoints; /* distinct (address, port) that SYNs went to */
	struct gp_hll sources;	 /* distinct addresses that sent SYNs */
};
_Static_assert(sizeof(struct gp_cell) == 416, "map ABI: bump GP_ABI_VERSION");

/* A line under way in one direction of a flow: what of its first 8 bytes has come, upper-cased. */
struct gp_line {
	__u64 head; /* first byte in the lowest 8 bits */
	__u8 len;   /* bytes seen of this line, at most 8 kept in head; saturates at 255 */
	__u8 pad[7];
};

enum gp_phase {
	GP_PHASE_COMMAND,
	GP_PHASE_BODY, /* behind DATA */
	GP_PHASE_AUTH, /* between AUTH and its final reply: base64, not commands */
	GP_PHASE_TLS,  /* nothing more to read */
	GP_PHASE_SSH,  /* likewise, on a port of no service: it began with SSH's version */
};

enum {
	GP_FLOW_CLIENT_IS_LOW = 0x0001, /* the client is the lower (address, port) of the canonical key */
	GP_FLOW_SYN = 0x0002,
	GP_FLOW_SYN_ACK = 0x0004,
	GP_FLOW_PROVED = 0x0008,
	GP_FLOW_CLIENT_SEQ = 0x0010, /* client_next is known */
	GP_FLOW_SERVER_SEQ = 0x0020,
	GP_FLOW_CLIENT_FIN = 0x0040,
	GP_FLOW_SERVER_FIN = 0x0080,
	GP_FLOW_RESET = 0x0100,
	GP_FLOW_CLIENT_DATA = 0x0200,
	GP_FLOW_SERVER_DATA = 0x0400,
	GP_FLOW_GREETED = 0x0800, /* the server's first reply came */
	GP_FLOW_SPOKE = 0x1000,	  /* the client sent an SMTP command */
	GP_FLOW_QUIT = 0x2000,
	GP_FLOW_ENDED = 0x4000,	  /* counted as ended */
	GP_FLOW_TLS = 0x8000,
};

/* A TCP flow of a watched service, or a TCP handshake. */
struct gp_flow {
	__u64 tag; /* keyed fingerprint of the canonical five-tuple; 0 is a free slot */
	__u64 first_ns, last_ns;
	struct gp_addr client, server;
	__u16 client_port, server_port;
	__u32 body_left; /* bytes of a BDAT chunk still to come */
	__u32 client_isn, server_isn;
	__u32 client_next, server_next; /* the sequence number after the last payload byte seen in order */
	__u32 client_bytes, server_bytes; /* payload, retransmissions left out */
	__u64 pending;	/* commands that wait for their reply, 4 bits each, the oldest lowest */
	struct gp_line client_line, server_line;
	__u16 flags;
	__u8 service;
	__u8 phase;
	__u8 pending_count;
	__u8 sampling; /* GP_FLOW_SAMPLES etc. */
	__u8 sampled_client, sampled_server; /* segments so far */
};
_Static_assert(sizeof(struct gp_flow) == 136, "map ABI: bump GP_ABI_VERSION");

/* What becomes of a flow's packets as samples. */
enum {
	GP_FLOW_SAMPLES = 0x01,	   /* its source had a token left */
	GP_FLOW_NO_SAMPLES = 0x02, /* it had none */
	GP_FLOW_SYN_SAMPLED = 0x04,
	GP_FLOW_HELLO = 0x08,	   /* the first segment of a TLS hello was sampled */
	GP_FLOW_HELLO_ENDS = 0x10, /* and no other will be */
	GP_FLOW_HEAD_OPEN = 0x20,  /* a web client's next segment may go on with its request's head */
	GP_FLOW_FINISHED = 0x40,   /* what ends a mail client's TLS handshake was sampled */
};

/* What a sampled packet is wanted for. */
enum gp_sampled {
	GP_SAMPLED_SYN, /* the client's stack, and tools that build packets by themselves */
	GP_SAMPLED_MAIL,
	GP_SAMPLED_HTTP,
	GP_SAMPLED_TLS,
	GP_SAMPLED_KINDS,
};

enum gp_sampling {
	GP_SAMPLING_OFF,
	GP_SAMPLING_SOME, /* what tokens and limits per flow let through */
	GP_SAMPLING_ALL,  /* all segments of watched services, whole; replay only */
};

enum {
	GP_SAMPLE_ISN = 0x01,	      /* isn is known */
	GP_SAMPLE_FROM_CLIENT = 0x02, /* else from the server, where GP_SAMPLE_FLOW is set */
	GP_SAMPLE_FLOW = 0x04,	      /* the flow table knows who is the client */
	GP_SAMPLE_PROVED = 0x08,      /* the client had acknowledged the server's initial sequence number */
	GP_SAMPLE_PEER_ISN = 0x10,    /* peer_isn is known */
	GP_SAMPLE_PEER_NEXT = 0x20,   /* peer_next is known */
	GP_SAMPLE_IN_ORDER = 0x40,    /* what its sender sent before it has passed, sampled or not */
};

/* A packet on its way to the agent: this, and behind it the packet from its innermost IP header on. */
struct gp_packet_sample {
	__u64 time_ns;
	__u32 wire_bytes; /* from the IP header to the end of the frame */
	__u32 captured;	  /* of these, behind this record */
	__u32 isn;	  /* initial sequence number of who sent it */
	__u32 peer_isn;	  /* and of whom it was sent to */
	__u32 peer_next;  /* what the peer sent before this number has passed, sampled or not */
	__u8 kind;	  /* enum gp_sampled */
	__u8 flags;	  /* GP_SAMPLE_* */
	__u8 service;	  /* enum gp_service, of the flow; GP_SERVICE_OTHER where that is not known */
	__u8 pad;
};
_Static_assert(sizeof(struct gp_packet_sample) == 32, "map ABI: bump GP_ABI_VERSION");

/* What became of the packets that were wanted as samples; each one is counted once. */
struct gp_sampled_count {
	__u64 taken;
	__u64 source_limited; /* the source had no token left */
	__u64 limited;	      /* all sources together had none */
	__u64 ring_full;      /* the agent was too slow */
};

enum gp_flow_end {
	GP_FLOW_END_CLOSED,  /* FINs of both ends */
	GP_FLOW_END_RESET,
	GP_FLOW_END_EXPIRED, /* gave its slot away after a time-out */
	GP_FLOW_END_EVICTED, /* gave its slot away while it lived */
	GP_FLOW_ENDS,
};

/* A mail flow that has ended, on its way to the agent. */
struct gp_flow_record {
	struct gp_addr client, server;
	__u64 first_ns, last_ns;
	__u32 client_bytes, server_bytes; /* payload, retransmissions left out */
	__u16 client_port, server_port;
	__u16 flags;  /* of struct gp_flow */
	__u8 service; /* enum gp_service */
	__u8 end;     /* enum gp_flow_end */
};
_Static_assert(sizeof(struct gp_flow_record) == 64, "map ABI: bump GP_ABI_VERSION");

/* Everything that has no owner, and the proof that nothing vanished. One record per CPU. */
struct gp_totals {
	struct gp_count received; /* counted before anything is looked at */
	struct gp_count unparsed[GP_PARSE_STATUSES];
	struct gp_service_count overflow[GP_SERVICES]; /* an owner that found no slot */
	__u64 observations_lost; /* an end other than the owner that found no slot: its rare line was not kept */
	__u64 flows_evicted;	 /* a live flow gave way to a newer one */
	__u64 mail_flows_evicted; /* of these: to ports of mail */
	__u64 syns;		 /* segments with SYN and without ACK that went through the flow table */
	__u64 flow_records;	 /* mail flows that ended and were told to the agent */
	__u64 flow_records_lost; /* that found the ring full */
	__u64 outside_full;	 /* an outside address earned a record and found no room: its prefix's cell counts it */
	__u64 cells_evicted;	 /* a cell that had counted next to nothing gave way; its packets are overflow */
	__u64 flows_full;	 /* a flow that found no slot */
	__u64 scan_stale;	 /* first contacts not counted: the agent had not cleared the slice */
	__u64 spoofed_inside;	 /* packets from outside with an inside source address: owner only, no observation */
	__u64 foreign_source;	 /* packets from inside with a source that is not inside: likewise */
	__u64 tags_failed;	 /* packets that were to bear a tag: the driver left no room for metadata */
	struct gp_sampled_count sampled[GP_SAMPLED_KINDS];
};

/* What has been handed out so far. One record for all CPUs, atomics. */
struct gp_claims {
	__u32 slices; /* to CPUs, in the order of their first packets */
	__u32 chunks; /* of inside slots */
	__u32 hosts;  /* inside records: gp_mem_host() 0 to hosts - 1, those that are ready */
	__u32 pad;
	__u32 outside[GP_BANKS]; /* outside records; which ones: gp_mem_outside_claim() */
};

/* A rate as a token bucket has it. */
struct gp_rate {
	__u64 interval_ns; /* between two tokens */
	__u64 depth_ns;	   /* what an idle bucket holds, times interval_ns */
};

/* The buckets that all sources share; each in a cache line of its own. */
struct gp_shared_bucket {
	__u64 full_ns;
	__u64 pad[7];
};
_Static_assert(sizeof(struct gp_shared_bucket) == 64, "one cache line");

/* Written by the agent before the first packet; the data plane only reads it. Powers of two where it says so. */
struct gp_settings {
	__u32 abi_version;
	__u32 slices;	     /* of hot lines */
	__u32 shared_slice;  /* 1: there are more CPUs than slices, and the last slice belongs to several */
	__u32 chunks;	     /* of GP_CHUNK_SLOTS inside slots */
	__u32 dir6_words;    /* of the IPv6 directory, a power of two */
	__u32 inside_hosts;  /* records of inside hosts */
	__u32 outside_hosts; /* records per bank, a power of two; behind those of inside hosts */
	__u32 cells;	     /* per bank, a power of two */
	__u32 flow_slots;    /* a power of two */
	__u32 filter_words;  /* 64-bit words per Bloom filter, a power of two */
	__u32 ranges;	     /* room for them: one half is in use, the other one for the next configuration */
	__u32 tunnels;	     /* 1: read through one level of GRE, IPIP, VXLAN, GTP-U */
	__u32 tags;	     /* 1: live packets bear tags; the programs know by themselves, the next agent asks here */
	__u32 sampling;	     /* enum gp_sampling */
	__u32 dense;	     /* 1: every inside subscriber has his slot, 0: slots are handed out as packets come */
	__u32 pad;
	struct gp_rate sample_flows; /* flows per source whose packets are sampled, and likewise its SYNs */
	struct gp_rate samples;	     /* of each kind, of all sources together */
	__u64 secret[2];     /* keys of all hashes; fixed in replay */
};

/* What an inside slot had counted when an epoch was committed; two buffers of them, one per parity of the epoch. */
struct gp_shadow {
	struct gp_count sent, received;
};

/* Written by the agent while packets come. */
struct gp_control {
	__u32 bank; /* which one is filled now */
	__u32 sample_beyond; /* no segments are sampled of frames up to so many bytes: sockets take those (bpf/deep.h) */
	__u64 epoch; /* committed: what the shadow of this parity and the journal hold (docs/design.md, "Epochs") */
	__u64 bank_epoch[GP_BANKS]; /* with which epoch a bank's contents are, or will be, committed; agent only */
	__u64 ranges; /* in use: the first one's index, and how many << 32; in one word, for they change as packets come */
};

/* Which slice and which dedupe generation each Bloom filter has been cleared for; written by the agent. */
struct gp_filters {
	__u64 ready[GP_FILTERS]; /* slice or generation number + 1 */
	__u64 used[GP_FILTERS];	 /* bits set since it was cleared; written by the data plane */
};

/* What became of the frames that the agent is to read whole (bpf/deep.h). One record per CPU. */
struct gp_deep_sum {
	__u64 redirected; /* to a socket; it may still have had no room (user/source_xsk.h) */
	__u64 too_large;  /* for a chunk of the sockets' memory, or in several buffers: passed */
	__u64 no_socket;  /* on their receive queue: passed */
};
_Static_assert(sizeof(struct gp_deep_sum) == 24, "map ABI: bump GP_ABI_VERSION");

/* A redirected frame begins with when it came (CLOCK_MONOTONIC), the lowest word first, each in host byte order. */
#define GP_DEEP_STAMP_WORDS 4 /* of 16 bits: a frame lies at any even address */
#define GP_DEEP_SOCKETS 64u /* one per receive queue, all interfaces */

#endif
