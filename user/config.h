/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration: a YAML file, the command line on top of it, defaults below it. */
#ifndef GATEPOST_CONFIG_H
#define GATEPOST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <gatepost/abi.h>

#include "classes.h"
#include "dns.h"
#include "format.h"
#include "judge.h"
#include "senders.h"

/* What is remembered of the web (user/web_facts.h, user/tokens.h). */
struct gp_web_limits {
	__u32 clients;	    /* default 65536 */
	__u32 tokens;	    /* links of delivered mails; default 65536 */
	double retention_s; /* after which a quiet client, and a link, is forgotten; default 7 days */
};

/* Sizes that follow from the prefixes, of maps that are there already; all 0: to be planned (user/memory_setup.h). */
struct gp_kept_sizes {
	__u32 chunks, dir6_words, ranges; /* as in struct gp_settings */
};

#define GP_INTERFACES_MAX 64u
#define GP_INTERFACE_NAME 16u /* with the NUL, as IFNAMSIZ */
#define GP_OUTPUTS_MAX 16u

/* What `run` attaches to. */
struct gp_interface_spec {
	char name[GP_INTERFACE_NAME];
	enum gp_side side;
	int line; /* of the configuration; 0: of the command line */
};

/* A report that is written to a file again and again. */
struct gp_output_spec {
	char *path;
	enum gp_format format;
	double interval_s;
	int line;
};

/* What is kept on disk, and for how long. */
struct gp_store_settings {
	char *path; /* "": nothing is stored */
	double hosts_s; /* clean hosts, since they were last seen */
	double evidence_s, epochs_s, metrics_s, notifications_s;
};

struct gp_control_settings {
	char *socket; /* "": none */
	char *group;  /* who may ask */
};

struct gp_http_settings {
	char *listen;	  /* "127.0.0.1:9418", "[::1]:9418"; "": off */
	char *token_file; /* "": only metrics and health are answered */
};

struct gp_config {
	char *sensor;		 /* default: "gatepost"; printable ASCII, 1 to 64 characters */
	char *journal;		 /* what a killed agent leaves to the next one; default: /run/gatepost/journal */
	struct gp_interface_spec *interfaces;
	__u32 interface_count;
	struct gp_prefix *prefixes; /* as they were written; by role, in the order of reading */
	__u32 prefix_count;
	struct gp_range *ranges; /* sorted, disjoint: what gp_mem_range() serves */
	__u32 range_count;
	bool default_inside; /* no inside prefix was given: private space is inside */
	struct gp_port *ports; /* 65536 */
	__u32 address_slots;   /* inside slots, a power of two; 0: by the prefixes (user/memory_setup.h) */
	__u32 inside_hosts;    /* records of inside hosts, a power of two; default 65536 */
	__u32 outside_hosts;   /* records of outside hosts per bank, a power of two; default 32768 */
	__u32 cells;	       /* prefixes of other outside hosts per bank, a power of two; default 16384 */
	__u32 slices;	       /* of hot lines: CPUs that count without sharing; 0: one per CPU, 16 at most */
	__u32 flow_slots;      /* a power of two; default 262144 */
	__u32 filter_words;    /* a power of two; default 65536 */
	bool tunnels;	       /* default false */
	bool trust_inside;     /* source_validation: strict */
	bool tags;	       /* packets bear struct gp_tag, and marks; default false */
	__u32 mark_mask;       /* bits of skb->mark that are ours; default 0xff */
	__u32 mark_shift;      /* of the value, below 32; default 0 */
	double tag_expiry_s;   /* after which a verdict in tags no longer holds; default 30 */
	enum gp_sampling sampling; /* GP_SAMPLING_ALL: set by replay --dialogues; else sample_flows decides */
	__u32 sample_flows;    /* per source and minute; 0: nothing is sampled; default 60 */
	__u32 samples;	       /* per second, of each kind; default 5000 */
	__u32 sample_ring;     /* bytes, a power of two; default 4 MiB */
	double capture_retention_s; /* files of --capture-evidence live so long; default 7 days */
	bool deep;	       /* --deep: watched flows of taps are read whole; default false */
	__u32 deep_stream_kib; /* of each direction; default 64 */
	struct gp_web_limits web;
	struct gp_kept_sizes kept; /* set by who takes maps over */
	__u64 secret[2];
	bool secret_given;     /* hash_secret stands in the file; a live run draws one otherwise */
	struct gp_dns_limits spf;
	struct gp_sender_limits senders;
	struct gp_limits limits;
	struct gp_list_spec *lists; /* list_count of them */
	__u32 list_count;
	char *as_table; /* which network an address belongs to; "": nobody tells */
	char *memory_path; /* windows of hosts, for the next agent; "": they begin anew */
	struct gp_store_settings store;
	struct gp_control_settings control;
	struct gp_http_settings http;
	struct gp_output_spec *outputs;
	__u32 output_count;
	struct gp_class *classes; /* gp_classes_open() takes them */
	__u32 class_count;
	__u32 class_prefix_count;
	struct gp_class_prefix *class_prefixes;
};

/* One prefix as it was written, before the ranges are cut from all of them. */
struct gp_prefix {
	struct gp_addr addr; /* host bits are zero */
	__u8 bits;	     /* of 128 */
	__u8 subscriber_bits; /* of 128; default: 128 for IPv4, 56 for IPv6 (or the prefix itself when longer) */
	__u8 role;	     /* enum gp_role */
};

/**
 * gp_config_open() - read a configuration.
 * @path: YAML file, or NULL for the defaults.
 * @inside: --inside arguments ("10.0.0.0/8"), added to those of the file. Without any of either, private space
 *          (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7) is inside.
 *
 * All errors of the file are logged, one line each: "FILE:LINE: key: what is wrong, what is allowed".
 * Return: 0, -EINVAL when anything is wrong, or -errno of reading the file (logged).
 */
int gp_config_open(struct gp_config **out, const char *path, char *const *inside, size_t inside_count);
void gp_config_close(struct gp_config *config);

/* Draws the keys of hashes, unless the file gave them. Return: 0, or -EIO (logged). */
int gp_config_draw_secret(struct gp_config *config);

/* "eth0:inside", "eth0" (a tap). Return: false after an error (logged). */
bool gp_interface_spec_parse(struct gp_interface_spec *out, const char *text);

/**
 * gp_config_interfaces() - interfaces of the command line in place of those of the file.
 * @arguments: "eth0:inside", "eth0" (a tap); without any, those of the file stay.
 *
 * Return: 0, -EINVAL after errors (logged, all of them), or -ENOMEM.
 */
int gp_config_interfaces(struct gp_config *config, char *const *arguments, size_t count);

/**
 * gp_prefix_parse() - "192.0.2.0/24", "2001:db8::/32", or a bare address.
 *
 * Return: 0, or -EINVAL with a static text in *why (not a prefix, length out of range, host bits set).
 */
int gp_prefix_parse(struct gp_prefix *out, const char *text, const char **why);

#endif
