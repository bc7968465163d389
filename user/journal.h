/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that epochs are committed to (user/epoch.c): a snapshot of what was known, then one record per epoch.
 * A record is made in memory, written at once and synced; one that is torn, by a kill or a full disk, is found by its
 * checksum and cut off. Words of 64 bits in host byte order: a journal never leaves the machine that wrote it.
 */
#ifndef GATEPOST_JOURNAL_H
#define GATEPOST_JOURNAL_H

#include "world.h"

/* Which maps a journal belongs to: it is believed over no others. */
struct gp_journal_key {
	__u32 abi_version;
	__u32 chunks, inside_hosts, outside_hosts, cells; /* struct gp_settings */
	__u32 pad;
	__u64 identity; /* of the secret that was drawn with the maps, not the secret itself */
};

struct gp_journal_key gp_journal_key_of(const struct gp_settings *settings);

/* What an inside slot counted in an epoch, or, in a snapshot, until then. */
struct gp_inside_delta {
	__u32 slot;
	__u8 bits; /* of 128 */
	struct gp_addr addr;
	/*
	 * Two's complement: a packet that is read between its two additions is counted as received first, as sent in
	 * the next epoch; and a word without a record goes to the overflow. Sums over epochs are exact.
	 */
	struct gp_count sent, received;
};

/* What a world has added up besides its members. */
struct gp_world_sums {
	struct gp_service_sum beyond[GP_SERVICES];
	__u64 outside_folded;
};

#define GP_RECORD_HOSTS 8u

/* Who is told what a record holds, in the order in which it was put there. A function may be NULL. Return: 0 or -errno. */
struct gp_record_reader {
	void *arg;
	int (*inside)(void *arg, const struct gp_inside_delta *delta);
	int (*hosts)(void *arg, const struct gp_host *hosts, __u32 count); /* outside ones, at most GP_RECORD_HOSTS */
	int (*cell)(void *arg, const struct gp_cell *cell);
	int (*sums)(void *arg, const struct gp_world_sums *sums);			   /* to be added */
	int (*flow_records)(void *arg, const __u64 flow_records[GP_FLOW_ENDS]); /* since ever */
};

enum gp_record_kind {
	GP_RECORD_SNAPSHOT, /* all up to its epoch; always the first record of a file, and the only one of its kind */
	GP_RECORD_EPOCH,    /* one epoch */
};

/* A record being made. Zero is an empty one; free with gp_record_free(). */
struct gp_record {
	__u64 *words; /* owned */
	size_t count, capacity;
	__u32 hosts, cells; /* that it holds */
	bool failed;	    /* out of memory: gp_record_end() says so */
};

void gp_record_begin(struct gp_record *record, enum gp_record_kind kind, __u64 epoch, __u64 now_ns);
/* Slots follow their chunk. @chunk: as it is in use. */
void gp_record_chunk(struct gp_record *record, __u32 number, const struct gp_chunk *chunk);
void gp_record_slot(struct gp_record *record, __u32 slot, const struct gp_count *sent, const struct gp_count *received);
void gp_record_host(struct gp_record *record, const struct gp_host *host);
void gp_record_cell(struct gp_record *record, const struct gp_cell *cell);
void gp_record_sums(struct gp_record *record, const struct gp_world_sums *sums);
void gp_record_flow_records(struct gp_record *record, const __u64 flow_records[GP_FLOW_ENDS]);
/* Return: 0, or -ENOMEM: something did not fit. */
int gp_record_end(struct gp_record *record);
void gp_record_free(struct gp_record *record);

/**
 * gp_record_read() - tell what a finished record holds.
 *
 * Return: 0, -EBADMSG when it contradicts itself, or what a function of the reader returned.
 */
int gp_record_read(const __u64 *words, size_t count, const struct gp_record_reader *reader);

struct gp_journal;

/**
 * gp_journal_open() - look at the journal of some maps.
 * @path: need not exist. The directory is made (0700) when something is written.
 *
 * A journal of other maps, or one without a whole snapshot, is set aside as PATH.old (logged). A file that is no
 * journal is refused. Return: 0, or -errno (logged).
 */
int gp_journal_open(struct gp_journal **out, const char *path, const struct gp_journal_key *key);

/* Does the file hold anything? If so, @epoch: of its last whole record. */
bool gp_journal_holds(const struct gp_journal *journal, __u64 *epoch);

/* Tells what all whole records hold, the oldest first. Return: 0 or -errno (logged). */
int gp_journal_replay(const struct gp_journal *journal, const struct gp_record_reader *reader);

/* Cuts off what stands behind the last whole record (logged): from here on records are appended. Return: 0 or -errno. */
int gp_journal_accept(struct gp_journal *journal);

/* Renames the file to PATH.old and says @why. Return: 0 or -errno (logged). */
int gp_journal_set_aside(struct gp_journal *journal, const char *why);

/**
 * gp_journal_append() - write one record behind the others, and sync.
 *
 * Return: 0, or -errno (logged): the file is as it was before.
 */
int gp_journal_append(struct gp_journal *journal, const struct gp_record *record);

/* Has it grown so much that a snapshot should take its place? Four times the last one, and 8 MB. */
bool gp_journal_is_large(const struct gp_journal *journal);

/**
 * gp_journal_restart() - put a snapshot in the file's place, by way of PATH.new.
 *
 * Return: 0, or -errno (logged): the file is as it was before, and gp_journal_is_large() asks again 8 MB later.
 */
int gp_journal_restart(struct gp_journal *journal, const struct gp_record *record);

/* @keep: leave the file; otherwise it is removed. */
void gp_journal_close(struct gp_journal *journal, bool keep);

#endif
