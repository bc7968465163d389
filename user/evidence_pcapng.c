/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence_pcapng.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gatepost/parse.h>

#include "evidence_ring.h"
#include "log.h"
#include "pcapng.h"
#include "sanitise.h"

#define SECOND_NS 1000000000ull
#define SUFFIX ".pcapng"
#define NAME_BYTES (INET6_ADDRSTRLEN + sizeof(SUFFIX))
#define HEAD_READ 4096u		   /* the section header is far shorter */
#define READ_MAX (64u << 20)	   /* a longer file is none of ours */
#define EXPIRE_EVERY_NS (60 * SECOND_NS)
#define NO_FILE ~0u
#define VERDICT_BYTES 160 /* so that a comment fits with the address and the time before it */
#define SAY_EVERY_S 60

/* A file in the directory that is ours. */
struct file {
	struct gp_addr addr;
	__u64 begun_s, bytes;
	ino_t checked; /* the inode of which bytes is the end of the last whole block; 0: what the directory says */
};

/* What a flagged host has. */
struct gp_evidence_flag {
	char name[VERDICT_BYTES];
	bool comment_due; /* the verdict's name changed after the file was begun */
	bool foreign;	  /* something else has the file's name */
	bool said;	  /* that */
	__u32 file;	  /* where its file was in the table */
};

struct gp_evidence_pcapng {
	struct gp_evidence_pcapng_options options;
	struct gp_evidence_pcapng_count count;
	struct gp_evidence_ring ring;
	char *path;
	int directory;
	struct file *files;
	__u32 file_count;
	__u64 now_s, newest_ns, expired_ns;
	__u64 quiet_s;		    /* until then failures are not said again */
	bool failing, out_of_files; /* not over */
};

static void name_of(char name[NAME_BYTES], const struct gp_addr *addr)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (gp_addr_is_mapped(addr))
		inet_ntop(AF_INET, addr->bytes + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, addr->bytes, text, sizeof(text));
	for (char *at = text; *at; at++) {
		if (*at == ':')
			*at = '-';
	}
	snprintf(name, NAME_BYTES, "%s" SUFFIX, text);
}

/* The address whose file bears that very name. */
static bool parse_name(struct gp_addr *addr, const char *name)
{
	size_t n = strlen(name), suffix = sizeof(SUFFIX) - 1;
	char text[INET6_ADDRSTRLEN], again[NAME_BYTES];
	__u8 v4[4];

	if (n <= suffix || n - suffix >= sizeof(text) || strcmp(name + n - suffix, SUFFIX) != 0)
		return false;
	for (size_t i = 0; i <= n - suffix; i++)
		text[i] = i == n - suffix ? '\0' : name[i] == '-' ? ':' : name[i];
	if (inet_pton(AF_INET, text, v4) == 1)
		gp_addr_set4(addr, v4);
	else if (inet_pton(AF_INET6, text, addr->bytes) != 1)
		return false;
	name_of(again, addr);
	return strcmp(again, name) == 0;
}

/* Says a failure once, until writing works again, and not every time where it works for one host only. Return: err. */
static int fail(struct gp_evidence_pcapng *e, const char *what, const char *name, int err)
{
	if (!e->failing && e->now_s >= e->quiet_s) {
		e->quiet_s = e->now_s + SAY_EVERY_S;
		gp_error("evidence: cannot %s %s/%s: %s: packets wait in memory, of each host the latest; make room or "
			 "mend it",
			 what, e->path, name, strerror(-err));
	}
	e->failing = true;
	return err;
}

static void succeed(struct gp_evidence_pcapng *e)
{
	if (e->failing)
		gp_notice("evidence: writing to %s again", e->path);
	e->failing = false;
}

/* Opens what bears a file's name. Return: the descriptor; -EEXIST when it is no regular file of this user's alone, or
 * empty or too long; -errno. */
static int open_file(struct gp_evidence_pcapng *e, const char *name, int flags, struct stat *st)
{
	int fd = openat(e->directory, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ELOOP || errno == EISDIR || errno == ENXIO ? -EEXIST : -errno;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_uid == geteuid() && st->st_nlink == 1 && st->st_size > 0 &&
	    st->st_size <= (off_t)READ_MAX)
		return fd;
	close(fd);
	return -EEXIST;
}

/* Reads a file's first bytes, and of those the whole blocks. Return: how much they take; 0 when it is not ours. */
static __u64 read_blocks(int fd, size_t bytes, __u64 *begun_s)
{
	__u8 *data = malloc(bytes);
	__u64 whole = 0;
	size_t n = 0;
	ssize_t got = 1;

	if (!data)
		return 0;
	while (n < bytes && got > 0) {
		got = pread(fd, data + n, bytes - n, (off_t)n);
		if (got > 0)
			n += (size_t)got;
	}
	whole = gp_pcapng_whole(data, n, begun_s);
	free(data);
	return whole;
}

static struct file *add_file(struct gp_evidence_pcapng *e, const struct gp_addr *addr)
{
	struct file *file = &e->files[e->file_count++];

	*file = (struct file){ .addr = *addr };
	e->count.files = e->file_count;
	return file;
}

static void drop_file(struct gp_evidence_pcapng *e, __u32 index)
{
	e->files[index] = e->files[--e->file_count];
	e->count.files = e->file_count;
	e->out_of_files = false;
}

static struct file *find_file(struct gp_evidence_pcapng *e, const struct gp_addr *addr, struct gp_evidence_flag *flag)
{
	if (flag->file < e->file_count && memcmp(&e->files[flag->file].addr, addr, sizeof(*addr)) == 0)
		return &e->files[flag->file];
	for (__u32 i = 0; i < e->file_count; i++) {
		if (memcmp(&e->files[i].addr, addr, sizeof(*addr)) == 0) {
			flag->file = i;
			return &e->files[i];
		}
	}
	return NULL;
}

/* A file that lies in the directory already. Not more than its head is read before something is added to it. */
static void adopt(struct gp_evidence_pcapng *e, const char *name)
{
	struct gp_addr addr;
	struct file *file;
	struct stat st;
	__u64 begun_s;
	int fd;

	if (e->file_count == GP_EVIDENCE_FILES_MAX || !parse_name(&addr, name))
		return;
	fd = open_file(e, name, O_RDONLY, &st);
	if (fd < 0)
		return;
	if (read_blocks(fd, st.st_size < (off_t)HEAD_READ ? (size_t)st.st_size : HEAD_READ, &begun_s)) {
		file = add_file(e, &addr);
		file->begun_s = begun_s;
		file->bytes = (__u64)st.st_size;
	}
	close(fd);
}

static int adopt_all(struct gp_evidence_pcapng *e)
{
	int fd = openat(e->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!directory) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		gp_error("evidence: cannot list %s: %s", e->path, strerror(-err));
		return err;
	}
	while ((entry = readdir(directory)))
		adopt(e, entry->d_name);
	closedir(directory);
	return 0;
}

static int open_directory(struct gp_evidence_pcapng *e)
{
	struct stat st;
	int err;

	e->directory = open(e->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (e->directory < 0) {
		err = -errno;
		gp_error("evidence: cannot open directory %s: %s: make it with mkdir -m 700", e->path, strerror(-err));
		return err;
	}
	if (fstat(e->directory, &st))
		return -errno;
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		gp_error("evidence: %s belongs to somebody else (user %u), who could read what is written there: name a "
			 "directory of your own",
			 e->path, st.st_uid);
		return -EPERM;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		gp_error("evidence: others may write to %s: chmod go-w it, or name another directory", e->path);
		return -EPERM;
	}
	return 0;
}

int gp_evidence_pcapng_open(struct gp_evidence_pcapng **out, const struct gp_evidence_pcapng_options *options)
{
	struct gp_evidence_pcapng *e = calloc(1, sizeof(*e));
	int err = -ENOMEM;

	if (!e)
		return -ENOMEM;
	e->options = *options;
	e->directory = -1;
	e->now_s = options->now_s;
	e->options.file_bytes = options->file_bytes ? options->file_bytes : GP_EVIDENCE_FILE_BYTES;
	e->options.files = options->files ? options->files : GP_EVIDENCE_FILES;
	if (e->options.file_bytes > READ_MAX)
		e->options.file_bytes = READ_MAX;
	if (e->options.files > GP_EVIDENCE_FILES_MAX)
		e->options.files = GP_EVIDENCE_FILES_MAX;
	e->path = strdup(options->directory);
	e->files = calloc(GP_EVIDENCE_FILES_MAX, sizeof(*e->files)); /* an earlier run may have left more */
	if (e->path && e->files)
		err = gp_evidence_ring_open(&e->ring, options->secret);
	if (!err)
		err = open_directory(e);
	if (!err)
		err = adopt_all(e);
	if (err) {
		gp_evidence_pcapng_close(e);
		return err;
	}
	*out = e;
	gp_evidence_pcapng_expire(e, options->now_s);
	return 0;
}

/* Appends to an open file, wholly or not at all. */
static int append(int fd, struct file *file, const __u8 *block, size_t len)
{
	ssize_t n = pwrite(fd, block, len, (off_t)file->bytes);
	int err = n < 0 ? -errno : -ENOSPC;

	if (n == (ssize_t)len) {
		file->bytes += len;
		return 0;
	}
	if (n > 0 && ftruncate(fd, (off_t)file->bytes))
		return -errno;
	return err;
}

static void comment_of(char comment[GP_PCAPNG_COMMENT + 1], const struct gp_addr *addr, const char verdict[VERDICT_BYTES])
{
	char host[NAME_BYTES];

	_Static_assert(NAME_BYTES + VERDICT_BYTES + 32 < GP_PCAPNG_COMMENT, "what the section says fits");
	name_of(host, addr);
	host[strlen(host) - (sizeof(SUFFIX) - 1)] = '\0';
	snprintf(comment, GP_PCAPNG_COMMENT + 1, "%s: %s", host, verdict);
}

/* A new file, or one that is empty because an earlier run ended before it wrote. Return: the descriptor, or -errno. */
static int create_file(struct gp_evidence_pcapng *e, const char *name)
{
	int fd = openat(e->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd >= 0 || errno != EEXIST)
		return fd < 0 ? -errno : fd;
	fd = openat(e->directory, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !st.st_size && st.st_nlink == 1 &&
	    st.st_uid == geteuid())
		return fd;
	if (fd >= 0)
		close(fd);
	return -EEXIST;
}

/* Begins a host's file. Return: 0, -EEXIST when something else has its name, -E2BIG when there are enough, -errno. */
static int begin_file(struct gp_evidence_pcapng *e, struct gp_evidence_host *host, const char *name)
{
	__u8 head[GP_PCAPNG_HEAD];
	char comment[GP_PCAPNG_COMMENT + 1];
	struct file *file;
	struct stat st;
	int fd, err;

	if (e->file_count >= e->options.files)
		return -E2BIG;
	fd = create_file(e, name);
	if (fd < 0)
		return fd == -EEXIST ? fd : fail(e, "begin", name, fd);
	comment_of(comment, &host->addr, host->flag->name);
	file = add_file(e, &host->addr);
	file->begun_s = e->now_s;
	err = append(fd, file, head, gp_pcapng_head(head, e->now_s, GP_EVIDENCE_SNAPLEN, comment));
	if (!err && fstat(fd, &st) == 0)
		file->checked = st.st_ino;
	close(fd);
	host->flag->comment_due = false;
	if (!err)
		return 0;
	/* A file without its head would not be known as ours again. */
	unlinkat(e->directory, name, 0);
	drop_file(e, e->file_count - 1);
	return fail(e, "begin", name, err);
}

static void say_no_file(struct gp_evidence_pcapng *e, struct gp_evidence_flag *flag, const char *name, int err)
{
	if (err != -EEXIST && err != -E2BIG)
		return;
	e->count.no_file++;
	if (err == -EEXIST && !flag->said)
		gp_error("evidence: %s/%s is no file of gatepost's: left alone, nothing is kept for that host; remove it",
			 e->path, name);
	if (err == -E2BIG && !e->out_of_files)
		gp_error("evidence: %u files in %s: further hosts get none until retention removes some", e->file_count,
			 e->path);
	flag->said |= err == -EEXIST;
	e->out_of_files |= err == -E2BIG;
}

/* The host's file, begun when there is none. Return: NULL with *err set. */
static struct file *file_of(struct gp_evidence_pcapng *e, struct gp_evidence_host *host, const char *name, int *err)
{
	struct file *file = find_file(e, &host->addr, host->flag);

	if (file || host->flag->foreign) {
		*err = file ? 0 : -EEXIST;
		return file;
	}
	*err = begin_file(e, host, name);
	if (*err == -EEXIST) {
		adopt(e, name); /* one of ours that was put there meanwhile */
		file = find_file(e, &host->addr, host->flag);
		*err = file ? 0 : -EEXIST;
		host->flag->foreign = !file;
	}
	say_no_file(e, host->flag, name, *err);
	return *err ? NULL : find_file(e, &host->addr, host->flag);
}

/* Opens a file of the table to add to it, cut back to its whole blocks. Return: the descriptor; -ENOENT when the file is
 * gone, -EEXIST when it is no longer ours, -errno. */
static int open_to_append(struct gp_evidence_pcapng *e, struct file *file, const char *name)
{
	__u64 begun_s, whole;
	struct stat st;
	int fd = open_file(e, name, O_RDWR, &st);
	int err = 0;

	if (fd < 0)
		return fd;
	if (file->checked != st.st_ino || (__u64)st.st_size < file->bytes) {
		whole = read_blocks(fd, (size_t)st.st_size, &begun_s);
		if (!whole)
			err = -EEXIST;
		file->checked = st.st_ino;
		file->bytes = whole;
	}
	if (!err && (__u64)st.st_size > file->bytes && ftruncate(fd, (off_t)file->bytes))
		err = fail(e, "cut the torn end off", name, -errno);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Return: 0 written, 1 the file is full, -errno. */
static int write_packet(struct gp_evidence_pcapng *e, struct gp_evidence_host *host)
{
	const struct gp_evidence_packet *packet = host->first;
	const struct gp_pcapng_packet what = { packet->time_ns, packet->data, packet->captured, packet->wire };
	__u8 block[GP_PCAPNG_PACKET(GP_EVIDENCE_SNAPLEN)];
	char name[NAME_BYTES], comment[GP_PCAPNG_COMMENT + 1];
	struct file *file;
	size_t len;
	int fd, err;

	name_of(name, &host->addr);
	file = file_of(e, host, name, &err);
	if (!file)
		return err;
	comment_of(comment, &host->addr, host->flag->name);
	len = gp_pcapng_packet(block, &what, host->flag->comment_due ? comment : NULL);
	if (file->checked && file->bytes + len > e->options.file_bytes)
		return 1;
	fd = open_to_append(e, file, name);
	if (fd == -ENOENT || fd == -EEXIST) {
		drop_file(e, (__u32)(file - e->files)); /* the next attempt begins anew, or says what lies there */
		return fd;
	}
	if (fd < 0)
		return fd;
	err = file->bytes + len > e->options.file_bytes ? 1 : append(fd, file, block, len);
	close(fd);
	if (err < 0)
		return fail(e, "write", name, err);
	if (!err) {
		host->flag->comment_due = false;
		e->count.written++;
		e->count.written_bytes += packet->captured;
		succeed(e);
	}
	return err;
}

/* Packets of a flagged host go from its ring to its file. */
static void flush(struct gp_evidence_pcapng *e, struct gp_evidence_host *host)
{
	bool again = true; /* once, after the file turned out to be gone */

	while (host->first && !host->flag->foreign) {
		int err = write_packet(e, host);

		if (err < 0 && (err == -ENOENT || err == -EEXIST) && again) {
			again = false;
			continue;
		}
		if (err < 0) {
			e->count.write_failures++;
			return;
		}
		e->count.full += (__u64)err;
		gp_evidence_ring_take(&e->ring, host);
	}
}

static __u64 retention_ns(const struct gp_evidence_pcapng *e)
{
	return e->options.retention_s < ~0ull / SECOND_NS ? e->options.retention_s * SECOND_NS : ~0ull;
}

/* Once a minute of the packets' time. */
static void expire_rings(struct gp_evidence_pcapng *e)
{
	if (!e->options.retention_s || e->newest_ns < retention_ns(e) || e->newest_ns - e->expired_ns < EXPIRE_EVERY_NS)
		return;
	e->expired_ns = e->newest_ns;
	gp_evidence_ring_expire(&e->ring, e->newest_ns - retention_ns(e));
}

static void update_count(struct gp_evidence_pcapng *e)
{
	e->count.displaced = e->ring.displaced;
	e->count.hosts_displaced = e->ring.hosts_displaced;
	e->count.hosts = e->ring.plain_hosts + e->ring.flagged_hosts;
	e->count.flagged = e->ring.flagged_hosts;
	e->count.held = e->ring.packets;
}

void gp_evidence_pcapng_packet(struct gp_evidence_pcapng *e, const struct gp_addr *addr, __u64 time_ns, const __u8 *ip,
			       __u32 captured, __u32 wire)
{
	const struct gp_evidence_packet head = {
		.time_ns = time_ns,
		.captured = captured < GP_EVIDENCE_SNAPLEN ? captured : GP_EVIDENCE_SNAPLEN,
		.wire = wire > captured ? wire : captured,
	};
	struct gp_evidence_host *host;

	e->count.packets++;
	if (time_ns > e->newest_ns)
		e->newest_ns = time_ns;
	expire_rings(e);
	host = gp_evidence_ring_host(&e->ring, addr, true);
	if (!host || gp_evidence_ring_put(&e->ring, host, &head, ip))
		e->count.lost++;
	else if (host->flag)
		flush(e, host);
	update_count(e);
}

void gp_evidence_pcapng_flag(struct gp_evidence_pcapng *e, const struct gp_addr *addr, const char *name)
{
	struct gp_evidence_host *host = gp_evidence_ring_host(&e->ring, addr, true);
	char clean[VERDICT_BYTES];
	struct gp_evidence_flag *flag;

	if (!host)
		return;
	gp_sanitise(clean, sizeof(clean), name, strlen(name));
	flag = host->flag;
	if (!flag) {
		flag = e->ring.flagged_hosts < e->options.files ? calloc(1, sizeof(*flag)) : NULL;
		if (!flag) {
			e->count.refused++;
			update_count(e);
			return;
		}
		flag->file = NO_FILE;
		gp_evidence_ring_flag(&e->ring, host, flag);
	}
	if (strcmp(flag->name, clean) != 0)
		flag->comment_due = true; /* begin_file() takes that back */
	memcpy(flag->name, clean, sizeof(clean));
	flag->foreign = false;
	flush(e, host);
	update_count(e);
}

static void unflag(struct gp_evidence_pcapng *e, struct gp_evidence_host *host)
{
	struct gp_evidence_flag *flag = host->flag;

	gp_evidence_ring_flag(&e->ring, host, NULL);
	free(flag);
}

void gp_evidence_pcapng_clear(struct gp_evidence_pcapng *e, const struct gp_addr *addr)
{
	struct gp_evidence_host *host = gp_evidence_ring_host(&e->ring, addr, false);

	if (host && host->flag)
		unflag(e, host);
	update_count(e);
}

/* Return: is it gone, or never was ours? */
static bool remove_file(struct gp_evidence_pcapng *e, const struct file *file)
{
	char name[NAME_BYTES];
	__u64 begun_s, whole;
	struct stat st;
	int fd;

	name_of(name, &file->addr);
	fd = open_file(e, name, O_RDONLY, &st);
	if (fd < 0)
		return fd == -ENOENT || fd == -EEXIST;
	whole = read_blocks(fd, st.st_size < (off_t)HEAD_READ ? (size_t)st.st_size : HEAD_READ, &begun_s);
	close(fd);
	if (!whole)
		return true;
	if (unlinkat(e->directory, name, 0) && errno != ENOENT) {
		fail(e, "remove", name, -errno);
		return false;
	}
	e->count.files_removed++;
	return true;
}

void gp_evidence_pcapng_expire(struct gp_evidence_pcapng *e, __u64 now_s)
{
	__u32 i = 0;

	e->now_s = now_s;
	while (e->options.retention_s && i < e->file_count) {
		const struct file *file = &e->files[i];

		if (now_s > file->begun_s && now_s - file->begun_s >= e->options.retention_s && remove_file(e, file))
			drop_file(e, i);
		else
			i++;
	}
}

const struct gp_evidence_pcapng_count *gp_evidence_pcapng_count(const struct gp_evidence_pcapng *e)
{
	return &e->count;
}

void gp_evidence_pcapng_close(struct gp_evidence_pcapng *e)
{
	if (!e)
		return;
	while (e->ring.flagged.oldest)
		unflag(e, e->ring.flagged.oldest);
	if (e->ring.buckets)
		gp_evidence_ring_close(&e->ring);
	if (e->directory >= 0)
		close(e->directory);
	free(e->files);
	free(e->path);
	free(e);
}
