// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a record looks like: a head, then entries. An entry's first word says what it is; the words of a host or cell
 * that are 0 are left out, which most are, and a mask says which ones follow.
 */
#include "journal.h"
#include "journal_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gatepost/sketch.h>

#define CAPACITY_MIN 4096u /* words */
#define MASK_WORDS(n) (((n) + 63) / 64)
#define WORDS_OF(type) (sizeof(type) / 8)
#define FNV_BASIS 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull
#define LANES 4

/* Lowest byte of an entry's first word. */
enum entry {
	ENTRY_CHUNK = 1,    /* then bits in the next byte, number in the upper half; 2 words: first address */
	ENTRY_SLOT,	    /* slot in the upper half; mask and words of sent and received */
	ENTRY_HOST,	    /* mask and words of struct gp_host */
	ENTRY_CELL,	    /* of struct gp_cell */
	ENTRY_SUMS,	    /* of struct gp_world_sums */
	ENTRY_FLOW_RECORDS, /* of the counters of flow records */
};

_Static_assert(sizeof(struct gp_host) % 8 == 0 && sizeof(struct gp_cell) % 8 == 0, "read and written as words");

/* A word of any struct whose alignment is that of one. */
typedef __u64 __attribute__((may_alias)) word;

/* FNV-1a 64 over words, in lanes, so that a multiplication need not wait for the one before. */
static __u64 sum_words(const __u64 *words, size_t count)
{
	__u64 lanes[LANES] = {FNV_BASIS, FNV_BASIS + 1, FNV_BASIS + 2, FNV_BASIS + 3}, hash = count;
	size_t i = 0;

	for (; i + LANES <= count; i += LANES)
		for (size_t lane = 0; lane < LANES; lane++)
			lanes[lane] = (lanes[lane] ^ words[i + lane]) * FNV_PRIME;
	for (; i < count; i++)
		lanes[0] = (lanes[0] ^ words[i]) * FNV_PRIME;
	for (size_t lane = 0; lane < LANES; lane++)
		hash = gp_mix(hash, lanes[lane]);
	return hash;
}

__u64 gp_record_checksum(const __u64 *words, size_t count)
{
	const size_t head = GP_RECORD_HEAD_WORDS;

	return gp_mix(sum_words(words, head - 1), sum_words(words + head, count - head));
}

/* Room for @words more. */
static __u64 *reserve(struct gp_record *record, size_t words)
{
	size_t capacity = record->capacity ? record->capacity : CAPACITY_MIN;
	__u64 *moved;

	while (capacity < record->count + words)
		capacity *= 2;
	if (capacity != record->capacity) {
		moved = realloc(record->words, capacity * sizeof(*moved));
		if (!moved) {
			record->failed = true;
			return NULL;
		}
		record->words = moved;
		record->capacity = capacity;
	}
	return record->words + record->count;
}

/*
 * The words of @from that are not 0, at most 64 of them, to @out; which ones: @mask. Most of a record is empty: words
 * are looked at by fours first, and then without a branch. Return: behind the last one.
 */
static __u64 *put_words(__u64 *out, __u64 *mask, const word *from, unsigned int count)
{
	__u64 used = 0;
	unsigned int i = 0;

	for (; i + 4 <= count; i += 4) {
		const word *four = from + i;

		if (!(four[0] | four[1] | four[2] | four[3]))
			continue;
		for (unsigned int k = 0; k < 4; k++) {
			*out = four[k];
			out += four[k] != 0;
			used |= (__u64)(four[k] != 0) << (i + k);
		}
	}
	for (; i < count; i++) {
		*out = from[i];
		out += from[i] != 0;
		used |= (__u64)(from[i] != 0) << i;
	}
	*mask = used;
	return out;
}

/* An entry of @count words, those that are 0 left out. */
static void put_sparse(struct gp_record *record, __u64 head, const void *from, unsigned int count)
{
	__u64 *out = reserve(record, 1 + MASK_WORDS(count) + count), *mask, *end;

	if (!out)
		return;
	*out = head;
	mask = out + 1;
	end = mask + MASK_WORDS(count);
	for (unsigned int first = 0; first < count; first += 64)
		end = put_words(end, mask++, (const word *)from + first, count - first < 64 ? count - first : 64);
	record->count = (size_t)(end - record->words);
}

void gp_record_begin(struct gp_record *record, enum gp_record_kind kind, __u64 epoch, __u64 now_ns)
{
	struct gp_record_head head = {
		.magic = GP_RECORD_MAGIC,
		.kind = kind,
		.epoch = epoch,
		.now_ns = now_ns,
	};
	__u64 *out;

	record->count = 0;
	record->hosts = 0;
	record->cells = 0;
	record->failed = false;
	out = reserve(record, GP_RECORD_HEAD_WORDS);
	if (!out)
		return;
	memcpy(out, &head, sizeof(head));
	record->count = GP_RECORD_HEAD_WORDS;
}

void gp_record_chunk(struct gp_record *record, __u32 number, const struct gp_chunk *chunk)
{
	__u64 *out = reserve(record, 3);

	if (!out)
		return;
	out[0] = (__u64)number << 32 | (__u64)chunk->bits << 8 | ENTRY_CHUNK;
	out[1] = chunk->first.halves[0];
	out[2] = chunk->first.halves[1];
	record->count += 3;
}

void gp_record_slot(struct gp_record *record, __u32 slot, const struct gp_count *sent, const struct gp_count *received)
{
	struct gp_count counts[2] = {*sent, *received};

	put_sparse(record, (__u64)slot << 32 | ENTRY_SLOT, counts, WORDS_OF(counts));
}

void gp_record_host(struct gp_record *record, const struct gp_host *host)
{
	put_sparse(record, ENTRY_HOST, host, WORDS_OF(*host));
	record->hosts++;
}

void gp_record_cell(struct gp_record *record, const struct gp_cell *cell)
{
	put_sparse(record, ENTRY_CELL, cell, WORDS_OF(*cell));
	record->cells++;
}

void gp_record_sums(struct gp_record *record, const struct gp_world_sums *sums)
{
	put_sparse(record, ENTRY_SUMS, sums, WORDS_OF(*sums));
}

void gp_record_flow_records(struct gp_record *record, const __u64 flow_records[GP_FLOW_ENDS])
{
	put_sparse(record, ENTRY_FLOW_RECORDS, flow_records, GP_FLOW_ENDS);
}

int gp_record_end(struct gp_record *record)
{
	struct gp_record_head head;

	if (record->failed)
		return -ENOMEM;
	memcpy(&head, record->words, sizeof(head));
	head.words = record->count;
	head.hosts = record->hosts;
	head.cells = record->cells;
	memcpy(record->words, &head, sizeof(head));
	head.checksum = gp_record_checksum(record->words, record->count);
	memcpy(record->words, &head, sizeof(head));
	return 0;
}

void gp_record_free(struct gp_record *record)
{
	free(record->words);
	*record = (struct gp_record){0};
}

/* Where reading stands. */
struct cursor {
	const __u64 *at, *end;
	struct gp_chunk chunk; /* of the slots that follow */
	__u32 number;
	bool has_chunk;
};

/* The words of an entry, put back between their zeros. */
static int take_sparse(struct cursor *cursor, void *to, unsigned int count)
{
	const __u64 *mask = cursor->at;

	if ((size_t)(cursor->end - cursor->at) < MASK_WORDS(count))
		return -EBADMSG;
	cursor->at += MASK_WORDS(count);
	memset(to, 0, 8ul * count);
	for (unsigned int first = 0; first < count; first += 64, mask++) {
		for (__u64 used = *mask; used; used &= used - 1) {
			unsigned int i = first + (unsigned int)__builtin_ctzll(used);

			if (i >= count || cursor->at == cursor->end)
				return -EBADMSG;
			memcpy((char *)to + 8 * i, cursor->at++, 8);
		}
	}
	return 0;
}

static int read_chunk(struct cursor *cursor, __u64 head)
{
	if (cursor->end - cursor->at < 2)
		return -EBADMSG;
	cursor->chunk.bits = (__u8)(head >> 8);
	cursor->chunk.first.halves[0] = cursor->at[0];
	cursor->chunk.first.halves[1] = cursor->at[1];
	cursor->at += 2;
	cursor->number = (__u32)(head >> 32);
	cursor->has_chunk = cursor->chunk.bits >= 8 && cursor->chunk.bits <= 128;
	return cursor->has_chunk ? 0 : -EBADMSG;
}

static int read_slot(struct cursor *cursor, __u64 head, const struct gp_record_reader *reader)
{
	struct gp_inside_delta delta = {.slot = (__u32)(head >> 32), .bits = cursor->chunk.bits};
	struct gp_count counts[2];
	int err;

	if (!cursor->has_chunk || delta.slot / GP_CHUNK_SLOTS != cursor->number)
		return -EBADMSG;
	err = take_sparse(cursor, counts, WORDS_OF(counts));
	if (err || !reader->inside)
		return err;
	gp_chunk_address(&cursor->chunk, delta.slot % GP_CHUNK_SLOTS, &delta.addr);
	delta.sent = counts[0];
	delta.received = counts[1];
	return reader->inside(reader->arg, &delta);
}

/* A host, and those that follow it at once: told together, so that whoever is told can ask memory for them ahead. */
static int read_hosts(struct cursor *cursor, const struct gp_record_reader *reader)
{
	struct gp_host hosts[GP_RECORD_HOSTS];
	__u32 count = 0;
	int err;

	do {
		err = take_sparse(cursor, &hosts[count++], WORDS_OF(*hosts));
	} while (!err && count < GP_RECORD_HOSTS && cursor->at < cursor->end && *cursor->at == ENTRY_HOST &&
		 cursor->at++);
	return err || !reader->hosts ? err : reader->hosts(reader->arg, hosts, count);
}

static int read_cell(struct cursor *cursor, const struct gp_record_reader *reader)
{
	struct gp_cell cell;
	int err;

	err = take_sparse(cursor, &cell, WORDS_OF(cell));
	return err || !reader->cell ? err : reader->cell(reader->arg, &cell);
}

static int read_sums(struct cursor *cursor, const struct gp_record_reader *reader)
{
	struct gp_world_sums sums;
	int err;

	err = take_sparse(cursor, &sums, WORDS_OF(sums));
	return err || !reader->sums ? err : reader->sums(reader->arg, &sums);
}

static int read_flow_records(struct cursor *cursor, const struct gp_record_reader *reader)
{
	__u64 flow_records[GP_FLOW_ENDS];
	int err;

	err = take_sparse(cursor, flow_records, GP_FLOW_ENDS);
	return err || !reader->flow_records ? err : reader->flow_records(reader->arg, flow_records);
}

static int read_entry(struct cursor *cursor, const struct gp_record_reader *reader)
{
	__u64 head = *cursor->at++;

	switch (head & 0xff) {
	case ENTRY_CHUNK:
		return read_chunk(cursor, head);
	case ENTRY_SLOT:
		return read_slot(cursor, head, reader);
	case ENTRY_HOST:
		return read_hosts(cursor, reader);
	case ENTRY_CELL:
		return read_cell(cursor, reader);
	case ENTRY_SUMS:
		return read_sums(cursor, reader);
	case ENTRY_FLOW_RECORDS:
		return read_flow_records(cursor, reader);
	}
	return -EBADMSG;
}

int gp_record_read(const __u64 *words, size_t count, const struct gp_record_reader *reader)
{
	struct cursor cursor = {.at = words + GP_RECORD_HEAD_WORDS, .end = words + count};
	int err = 0;

	if (count < GP_RECORD_HEAD_WORDS)
		return -EBADMSG;
	while (!err && cursor.at < cursor.end)
		err = read_entry(&cursor, reader);
	return err;
}
