// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal.h"
#include "journal_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gatepost/sketch.h>

#include "log.h"

#define FILE_MAGIC 0x6c6e726a74707067ull /* "gpptjrnl" */
#define FORMAT 1
#define GROWTH_BYTES (8ull << 20)
#define GROWTH_FACTOR 4

struct file_head {
	__u64 magic;
	__u32 format;
	__u32 host_bytes, cell_bytes; /* of struct gp_host, struct gp_cell */
	__u32 pad;
	struct gp_journal_key key;
};
_Static_assert(sizeof(struct file_head) % 8 == 0, "records are read in place");

struct gp_journal {
	char *path, *path_new, *path_old;
	int fd;		       /* -1: there is no file, or none to believe */
	struct file_head head; /* as this agent writes it */
	const char *found;     /* the file as it was found, mapped; NULL once accepted */
	__u64 found_bytes;
	__u64 bytes;	   /* up to the end of the last whole record; 0 without one */
	__u64 epoch;	   /* of that one */
	__u64 limit_bytes; /* from here on it is large */
};

struct gp_journal_key gp_journal_key_of(const struct gp_settings *settings)
{
	return (struct gp_journal_key){
		.abi_version = settings->abi_version,
		.chunks = settings->chunks,
		.inside_hosts = settings->inside_hosts,
		.outside_hosts = settings->outside_hosts,
		.cells = settings->cells,
		.identity = gp_mix(gp_mix(0, settings->secret[0]), settings->secret[1]),
	};
}

static int fail(const char *what, const char *path, int err)
{
	gp_error("journal: cannot %s %s: %s", what, path, strerror(-err));
	return err;
}

static __u64 limit_after(__u64 snapshot_bytes)
{
	return snapshot_bytes * GROWTH_FACTOR > GROWTH_BYTES ? snapshot_bytes * GROWTH_FACTOR : GROWTH_BYTES;
}

/* Is there a whole record at @at, in at most @bytes? */
static bool record_is_whole(const char *at, __u64 bytes, struct gp_record_head *head)
{
	if (bytes < sizeof(*head))
		return false;
	memcpy(head, at, sizeof(*head));
	return head->magic == GP_RECORD_MAGIC && head->words >= GP_RECORD_HEAD_WORDS && head->words <= bytes / 8 &&
	       gp_record_checksum((const __u64 *)at, head->words) == head->checksum;
}

/* Finds the last whole record: a snapshot first, then one epoch after the other. */
static void scan(struct gp_journal *journal)
{
	__u64 at = sizeof(struct file_head);
	struct gp_record_head head;

	journal->bytes = 0;
	while (at <= journal->found_bytes &&
	       record_is_whole(journal->found + at, journal->found_bytes - at, &head)) {
		if (head.kind != (journal->bytes ? GP_RECORD_EPOCH : GP_RECORD_SNAPSHOT) ||
		    (journal->bytes && head.epoch != journal->epoch + 1))
			return;
		if (!journal->bytes)
			journal->limit_bytes = limit_after(8 * head.words);
		at += 8 * head.words;
		journal->bytes = at;
		journal->epoch = head.epoch;
	}
}

static void unmap(struct gp_journal *journal)
{
	if (journal->found)
		munmap((void *)journal->found, journal->found_bytes);
	journal->found = NULL;
}

static int map(struct gp_journal *journal)
{
	struct stat st;
	void *found;

	if (fstat(journal->fd, &st))
		return fail("look at", journal->path, -errno);
	if (!S_ISREG(st.st_mode)) {
		gp_error("journal: %s is no regular file: name another one", journal->path);
		return -EINVAL;
	}
	journal->found_bytes = (__u64)st.st_size;
	if (!st.st_size)
		return 0;
	found = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, journal->fd, 0);
	if (found == MAP_FAILED)
		return fail("read", journal->path, -errno);
	journal->found = found;
	return 0;
}

/* Whose is the file that was found? */
static int adopt(struct gp_journal *journal)
{
	struct file_head head = {0};

	if (!journal->found_bytes)
		return 0;
	if (journal->found_bytes >= sizeof(head))
		memcpy(&head, journal->found, sizeof(head));
	if (head.magic != FILE_MAGIC) {
		gp_error("journal: %s is no journal of gatepost: remove it, or name another file", journal->path);
		return -EINVAL;
	}
	if (memcmp(&head, &journal->head, sizeof(head)))
		return gp_journal_set_aside(journal, "it belongs to other maps");
	scan(journal);
	return journal->bytes ? 0 : gp_journal_set_aside(journal, "its snapshot is damaged");
}

static char *joined(const char *path, const char *suffix)
{
	char *out;

	return asprintf(&out, "%s%s", path, suffix) < 0 ? NULL : out;
}

int gp_journal_open(struct gp_journal **out, const char *path, const struct gp_journal_key *key)
{
	struct gp_journal *journal;
	int err = -ENOMEM;

	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return fail("open", path, err);
	journal->head = (struct file_head){FILE_MAGIC, FORMAT, sizeof(struct gp_host), sizeof(struct gp_cell), 0, *key};
	journal->fd = -1;
	journal->path = joined(path, "");
	journal->path_new = joined(path, ".new");
	journal->path_old = joined(path, ".old");
	if (!journal->path || !journal->path_new || !journal->path_old) {
		fail("open", path, err);
		goto err_close;
	}
	journal->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (journal->fd < 0 && errno != ENOENT) {
		err = fail("open", path, -errno);
		goto err_close;
	}
	err = journal->fd < 0 ? 0 : map(journal);
	if (!err)
		err = adopt(journal);
	if (err)
		goto err_close;
	*out = journal;
	return 0;

err_close:
	gp_journal_close(journal, true);
	return err;
}

bool gp_journal_holds(const struct gp_journal *journal, __u64 *epoch)
{
	*epoch = journal->epoch;
	return journal->bytes;
}

int gp_journal_replay(const struct gp_journal *journal, const struct gp_record_reader *reader)
{
	__u64 at = sizeof(struct file_head);
	struct gp_record_head head;
	int err;

	for (; at < journal->bytes; at += 8 * head.words) {
		memcpy(&head, journal->found + at, sizeof(head));
		err = gp_record_read((const __u64 *)(journal->found + at), head.words, reader);
		if (err) {
			gp_error("journal: %s: epoch %llu cannot be read: %s", journal->path,
				 (unsigned long long)head.epoch, strerror(-err));
			return err;
		}
	}
	return 0;
}

int gp_journal_accept(struct gp_journal *journal)
{
	__u64 torn = journal->found_bytes - journal->bytes;

	unmap(journal);
	if (!torn)
		return 0;
	if (ftruncate(journal->fd, (off_t)journal->bytes) || fdatasync(journal->fd))
		return fail("cut", journal->path, -errno);
	gp_notice("journal: %s ended in a torn record: %llu bytes cut off, nothing is lost", journal->path,
		  (unsigned long long)torn);
	return 0;
}

int gp_journal_set_aside(struct gp_journal *journal, const char *why)
{
	if (rename(journal->path, journal->path_old))
		return fail("set aside", journal->path, -errno);
	gp_notice("journal: %s is set aside as %s: %s", journal->path, journal->path_old, why);
	unmap(journal);
	close(journal->fd);
	journal->fd = -1;
	journal->bytes = 0;
	return 0;
}

static int write_all(int fd, const void *from, size_t bytes, __u64 at)
{
	ssize_t n;

	for (size_t done = 0; done < bytes; done += (size_t)n) {
		n = pwrite(fd, (const char *)from + done, bytes - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return n ? -errno : -EIO;
	}
	return 0;
}

int gp_journal_append(struct gp_journal *journal, const struct gp_record *record)
{
	size_t bytes = 8 * record->count;
	struct gp_record_head head;
	int err;

	err = write_all(journal->fd, record->words, bytes, journal->bytes);
	if (!err && fdatasync(journal->fd))
		err = -errno;
	if (err) {
		/* What remains of it when this fails, too, is overwritten by the next one or cut off by the next agent. */
		if (ftruncate(journal->fd, (off_t)journal->bytes))
			fail("cut", journal->path, -errno);
		return fail("write to", journal->path, err);
	}
	memcpy(&head, record->words, sizeof(head));
	journal->bytes += bytes;
	journal->epoch = head.epoch;
	return 0;
}

bool gp_journal_is_large(const struct gp_journal *journal)
{
	return journal->bytes > journal->limit_bytes;
}

/* The directory of the journal; "." when the path names none. Freed by the caller. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
}

/* Makes a name durable. */
static int sync_directory(const char *path)
{
	char *name = directory_of(path);
	int fd, err;

	fd = name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	err = fd < 0 || fsync(fd) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	free(name);
	return err;
}

static int make_directory(const char *path)
{
	char *name = directory_of(path);
	int err = 0;

	if (!name)
		return -ENOMEM;
	if (mkdir(name, 0700) && errno != EEXIST)
		err = fail("make the directory", name, -errno);
	free(name);
	return err;
}

static int write_new(struct gp_journal *journal, int fd, const struct gp_record *record)
{
	int err;

	err = write_all(fd, &journal->head, sizeof(journal->head), 0);
	if (!err)
		err = write_all(fd, record->words, 8 * record->count, sizeof(journal->head));
	if (!err && fsync(fd))
		err = -errno;
	if (!err && rename(journal->path_new, journal->path))
		err = -errno;
	return err;
}

int gp_journal_restart(struct gp_journal *journal, const struct gp_record *record)
{
	struct gp_record_head head;
	int fd, err;

	journal->limit_bytes = journal->bytes + GROWTH_BYTES;
	err = make_directory(journal->path);
	if (err)
		return err;
	if (unlink(journal->path_new) && errno != ENOENT)
		return fail("remove", journal->path_new, -errno);
	fd = open(journal->path_new, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail("make", journal->path_new, -errno);
	err = write_new(journal, fd, record);
	if (err) {
		close(fd);
		unlink(journal->path_new);
		return fail("write", journal->path_new, err);
	}
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = fd;
	memcpy(&head, record->words, sizeof(head));
	journal->epoch = head.epoch;
	journal->bytes = sizeof(journal->head) + 8 * record->count;
	journal->limit_bytes = limit_after(8 * record->count);
	/* Whichever of both names is found after a crash of the machine: the maps are gone then. */
	err = sync_directory(journal->path);
	if (err)
		fail("sync the directory of", journal->path, err);
	return 0;
}

void gp_journal_close(struct gp_journal *journal, bool keep)
{
	if (!journal)
		return;
	unmap(journal);
	if (journal->fd >= 0)
		close(journal->fd);
	if (!keep) {
		unlink(journal->path);
		unlink(journal->path_new);
	}
	free(journal->path);
	free(journal->path_new);
	free(journal->path_old);
	free(journal);
}
