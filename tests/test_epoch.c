/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An agent is killed at every step, and at random, while the data plane counts on; whoever comes next must find what
 * was counted: each packet, each flow, once.
 */
#include "epoch_memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "epoch.h"
#include "journal.h"
#include "journal_directory.h"
#include "stderr_capture.h"

#define KILLS 200

static struct lab *lab; /* whom a step waits for */
static int kill_at = -1; /* how many steps from now; -1: never */
static int kill_on = -1; /* enum gp_epoch_step; -1: at none */
static unsigned int steps_seen[GP_EPOCH_STEPS];

void gp_epoch_step(enum gp_epoch_step step)
{
	if (step == GP_EPOCH_FLIPPED && lab)
		lab_synchronize(lab);
	steps_seen[step]++;
	if ((kill_at >= 0 && kill_at-- == 0) || (int)step == kill_on)
		kill(getpid(), SIGKILL);
}

static int set_up(void **state)
{
	(void)state;
	journal_directory_make();
	lab = lab_open();
	kill_at = kill_on = -1;
	memset(steps_seen, 0, sizeof(steps_seen));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	journal_directory_remove();
	lab_close(lab);
	lab = NULL;
	return 0;
}

struct agent {
	struct gp_world *world;
	struct gp_epoch *epoch;
};

static int try_agent(struct agent *agent, const char *journal)
{
	struct gp_epoch_options options = {.journal = journal};
	int err;

	assert_int_equal(gp_world_open(&agent->world, &lab->memory), 0);
	err = gp_epoch_open(&agent->epoch, agent->world, &options);
	if (err)
		gp_world_close(agent->world);
	return err;
}

static struct agent begin(void)
{
	struct agent agent;

	assert_int_equal(try_agent(&agent, path), 0);
	return agent;
}

static void end(struct agent *agent)
{
	gp_epoch_close(agent->epoch, true);
	gp_world_close(agent->world);
}

static void count(unsigned int packets)
{
	while (packets--)
		lab_count(lab);
}

static void add_services(struct gp_service_count *to, const struct gp_service_count *from)
{
	for (unsigned int i = 0; i < GP_SERVICES; i++) {
		to[i].traffic.packets += from[i].traffic.packets;
		to[i].traffic.bytes += from[i].traffic.bytes;
		to[i].flows += from[i].flows;
		to[i].attempts += from[i].attempts;
		to[i].answered += from[i].answered;
		to[i].confirmed += from[i].confirmed;
	}
}

static __u32 number_of(const struct gp_addr *addr, struct gp_addr (*address)(__u32), __u32 count_)
{
	for (__u32 i = 0; i < count_; i++) {
		struct gp_addr other = address(i);

		if (!memcmp(addr, &other, sizeof(other)))
			return i;
	}
	fail_msg("somebody whom nobody counted");
	return 0;
}

static void book_host(struct lab_truth *books, const struct gp_host *host)
{
	__u32 number = number_of(&host->addr, lab_address, LAB_ADDRESSES);

	add_services(books->outside[number], host->services);
	books->syn[number] += host->syn;
}

static void book_cell(struct lab_truth *books, const struct gp_cell *cell)
{
	__u32 number = number_of(&cell->addr, lab_prefix, LAB_PREFIXES);

	add_services(books->cells[number], cell->services);
	books->cell_syn[number] += cell->syn;
}

/* What the agent knows, and what the bank that is being filled has counted since. */
static void keep_books(const struct agent *agent, struct lab_truth *books)
{
	const struct gp_world *world = agent->world;
	__u32 bank = lab->control.bank;
	struct gp_traffic traffic;

	memset(books, 0, sizeof(*books));
	for (__u32 i = 0; i < LAB_SLOTS; i++) {
		gp_world_slot_traffic(world, i, &traffic);
		books->sent[i] = traffic.sent;
		books->received[i] = traffic.received;
	}
	for (__u32 i = 0; i < world->outside_count; i++)
		book_host(books, &world->outside[i]);
	for (__u32 i = 0; i < world->cell_count; i++)
		book_cell(books, &world->cells[i]);
	for (__u32 i = 0; i < lab->claims.outside[bank]; i++)
		book_host(books, &lab->hosts[lab->outside_claims[bank * LAB_OUTSIDE + i]]);
	for (__u32 i = 0; i < LAB_CELLS; i++)
		if (lab->cells[bank * LAB_CELLS + i].tag)
			book_cell(books, &lab->cells[bank * LAB_CELLS + i]);
}

static int add_delta(void *arg, const struct gp_inside_delta *delta)
{
	struct gp_shadow *sum = (struct gp_shadow *)arg + delta->slot;
	struct gp_addr addr;
	__u8 bits;
	struct gp_world world = {.memory = &lab->memory};

	assert_true(delta->slot < LAB_SLOTS);
	assert_true(gp_world_slot_address(&world, delta->slot, &addr, &bits));
	assert_memory_equal(&addr, &delta->addr, sizeof(addr));
	assert_int_equal(bits, delta->bits);
	sum->sent.packets += delta->sent.packets;
	sum->sent.bytes += delta->sent.bytes;
	sum->received.packets += delta->received.packets;
	sum->received.bytes += delta->received.bytes;
	return 0;
}

/* The journal's deltas add up to the shadow of the committed epoch. */
static void check_deltas(void)
{
	static struct gp_shadow sums[LAB_SLOTS];
	struct gp_record_reader reader = {.arg = sums, .inside = add_delta};
	struct gp_journal_key key = gp_journal_key_of(&lab->settings);
	struct gp_journal *journal;
	__u64 last;

	memset(sums, 0, sizeof(sums));
	assert_int_equal(gp_journal_open(&journal, path, &key), 0);
	assert_true(gp_journal_holds(journal, &last));
	assert_int_equal(last, lab->control.epoch);
	assert_int_equal(gp_journal_replay(journal, &reader), 0);
	gp_journal_close(journal, true);
	assert_memory_equal(sums, lab->shadow + (last & 1) * LAB_SLOTS, sizeof(sums));
}

/* The first number that differs, by its place in struct lab_truth. */
static void say_difference(const struct lab_truth *books, const struct lab_truth *truth)
{
	const __u64 *has = (const __u64 *)books, *wanted = (const __u64 *)truth;

	for (size_t i = 0; i < sizeof(*books) / sizeof(*has); i++) {
		if (has[i] == wanted[i])
			continue;
		print_error("at %zu (outside from %zu, cells from %zu): %llu in the books, %llu counted; bank %u, epoch %llu\n",
			    i * sizeof(*has), offsetof(struct lab_truth, outside), offsetof(struct lab_truth, cells), has[i],
			    wanted[i], lab->control.bank, lab->control.epoch);
		return;
	}
}

static void check_books(const struct agent *agent, const char *when, unsigned int number)
{
	static struct lab_truth books;

	keep_books(agent, &books);
	if (!memcmp(&books, &lab->truth, sizeof(books)))
		return;
	say_difference(&books, &lab->truth);
	fail_msg("%s %u: the books differ from what was counted", when, number);
}

/* Everything is in the world after a turn, and nothing waits in a bank. */
static void check_turned(const struct agent *agent)
{
	assert_int_equal(lab->claims.outside[lab->control.bank], 0);
	check_books(agent, "after a turn", 0);
	check_deltas();
	for (__u32 i = 0; i < LAB_SLOTS; i++)
		assert_memory_equal(&lab->shadow[(lab->control.epoch & 1) * LAB_SLOTS + i].sent, &lab->truth.sent[i],
				    sizeof(struct gp_count));
}

/* Lets an agent live for some turns, with packets in between, until it is killed. Return: was it? */
static bool killed(int at, int on, unsigned int turns)
{
	pid_t pid = fork();
	struct agent agent;
	int status;

	assert_return_code(pid, 0);
	if (!pid) {
		kill_at = at;
		kill_on = on;
		agent = begin();
		for (unsigned int i = 0; i < turns; i++) {
			count(40);
			if (gp_epoch_turn(agent.epoch, i))
				_exit(1);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		assert_int_equal(WTERMSIG(status), SIGKILL);
	else
		assert_int_equal(WEXITSTATUS(status), 0);
	return WIFSIGNALED(status);
}

static bool killed_at(int step, unsigned int turns)
{
	return killed(step, -1, turns);
}

static void test_turns(void **state)
{
	struct agent agent = begin();
	struct stat st;

	(void)state;
	assert_int_equal(lab->control.bank_epoch[0], 1);
	for (__u64 i = 1; i <= 10; i++) {
		count(300);
		check_books(&agent, "before turn", (unsigned int)i);
		assert_int_equal(gp_epoch_turn(agent.epoch, i), 0);
		assert_int_equal(lab->control.epoch, i);
		assert_int_equal(lab->control.bank, i % 2);
		check_turned(&agent);
	}
	assert_int_equal(gp_epoch_turn(agent.epoch, 11), 0); /* an empty one */
	check_turned(&agent);
	end(&agent);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	agent = begin();
	check_turned(&agent);
	gp_epoch_close(agent.epoch, false);
	gp_world_close(agent.world);
	assert_int_equal(stat(path, &st), -1);
}

/* Killed after each step of three turns; then begun again, twice. One memory and one journal all along. */
static void test_killed_at_every_step(void **state)
{
	unsigned int step = 0;
	struct agent agent;

	(void)state;
	for (bool was_killed = true; was_killed; step++) {
		was_killed = killed_at((int)step, 3);
		for (int again = 0; again < 2; again++) {
			agent = begin();
			check_books(&agent, "killed at step", step);
			check_deltas();
			count(20);
			end(&agent);
		}
		agent = begin();
		assert_int_equal(gp_epoch_turn(agent.epoch, step), 0);
		check_turned(&agent);
		end(&agent);
	}
	assert_true(step > 20);
}

/* Killed, and its successor killed while it finishes what the first one began. */
static void test_killed_twice(void **state)
{
	struct agent agent;

	(void)state;
	for (int first = GP_EPOCH_FLIPPED; first <= GP_EPOCH_WRITTEN; first++)
		for (int second = 0; second < 8; second++) {
			assert_true(killed(-1, first, 1));
			killed_at(second, 1);
			agent = begin();
			check_books(&agent, "killed twice at step", (unsigned int)(first * 100 + second));
			check_deltas();
			end(&agent);
		}
}

/* What a kill or a full disk leaves of a record: less of it, or the whole length with a hole in it. */
static void tear(long bytes)
{
	unsigned char hole[64] = {0}, was[64];
	FILE *file = fopen(path, "r+b");
	struct stat st;
	long at;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	assert_true(st.st_size > bytes + (long)sizeof(hole));
	if (bytes % 2) {
		assert_int_equal(ftruncate(fileno(file), st.st_size - bytes), 0);
	} else {
		at = st.st_size - bytes - (long)sizeof(hole);
		assert_int_equal(fseek(file, at, SEEK_SET), 0);
		assert_int_equal(fread(was, 1, sizeof(was), file), sizeof(was));
		assert_memory_not_equal(was, hole, sizeof(hole));
		assert_int_equal(fseek(file, at, SEEK_SET), 0);
		assert_int_equal(fwrite(hole, 1, sizeof(hole), file), sizeof(hole));
	}
	fclose(file);
}

static void test_torn_journal(void **state)
{
	struct agent agent;
	char said[512];

	(void)state;
	for (long bytes = 0; bytes < 1000; bytes += 13) {
		assert_true(killed(-1, GP_EPOCH_WRITTEN, 1));
		tear(bytes);
		stderr_capture_begin();
		agent = begin();
		stderr_capture_end(said, sizeof(said));
		if (!strstr(said, "torn record") || strstr(said, "aside"))
			fail_msg("%ld bytes: %s", bytes, said);
		check_books(&agent, "torn", (unsigned int)bytes);
		check_deltas();
		count(10);
		assert_int_equal(gp_epoch_turn(agent.epoch, 0), 0);
		check_turned(&agent);
		end(&agent);
	}
}

/* Runs until the journal begins anew. */
static unsigned int grow_until_snapshot(struct agent *agent, unsigned int turns_max)
{
	unsigned int turns = 0;

	while (!steps_seen[GP_EPOCH_SNAPSHOT] && turns < turns_max) {
		for (__u32 i = 0; i < LAB_SLOTS; i++)
			lab_inside(lab, 0, i, GP_SERVICE_OTHER, true, 1, 60);
		for (__u32 i = 0; i < LAB_ADDRESSES; i++)
			lab_outside(lab, i, GP_SERVICE_TLS, 60, 1);
		assert_int_equal(gp_epoch_turn(agent->epoch, turns++), 0);
	}
	return turns;
}

/* The journal does not grow without bound, and an agent that is killed around a snapshot loses nothing. */
static void test_snapshot(void **state)
{
	struct agent agent = begin();
	unsigned int turns;
	struct stat st;
	char name[128];
	FILE *file;
	pid_t pid;
	int status;

	(void)state;
	steps_seen[GP_EPOCH_SNAPSHOT] = 0; /* the first one made the file */
	turns = grow_until_snapshot(&agent, 2000);
	assert_in_range(turns, 10, 1999);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 200000);
	check_turned(&agent);
	end(&agent);
	agent = begin();
	check_turned(&agent);
	end(&agent);
	/* Again, killed as the snapshot stands; a half written one of somebody killed before lies about. */
	snprintf(name, sizeof(name), "%s.new", path);
	file = fopen(name, "w");
	assert_non_null(file);
	fputs("half a snapshot", file);
	fclose(file);
	pid = fork();
	assert_return_code(pid, 0);
	if (!pid) {
		agent = begin();
		steps_seen[GP_EPOCH_SNAPSHOT] = 0;
		kill_on = GP_EPOCH_SNAPSHOT;
		grow_until_snapshot(&agent, turns + 1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 300000);
	agent = begin();
	check_books(&agent, "killed at a snapshot", 0);
	check_deltas();
	end(&agent);
}

/* A full disk: the turn fails, nothing is lost, and the next one makes up for it. */
static void test_write_fails(void **state)
{
	struct rlimit limit, none = {0, 0};
	struct agent agent = begin();
	char said[1024];
	struct stat st;

	(void)state;
	count(100);
	assert_int_equal(gp_epoch_turn(agent.epoch, 0), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	none.rlim_max = limit.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	for (int i = 0; i < 3; i++) {
		count(100);
		none.rlim_cur = (rlim_t)st.st_size + 100; /* a part of the record finds room */
		stderr_capture_begin();
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
		assert_int_equal(gp_epoch_turn(agent.epoch, 0), -EFBIG);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		stderr_capture_end(said, sizeof(said));
		assert_non_null(strstr(said, path));
		assert_int_equal(lab->control.epoch, 1);
	}
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(gp_epoch_turn(agent.epoch, 0), 0);
	assert_int_equal(lab->control.epoch, 3); /* the one that failed, and a new one */
	check_turned(&agent);
	end(&agent);
	agent = begin();
	check_turned(&agent);
	end(&agent);
}

/* Opens with a journal that does not fit; returns what was said. The books begin anew, and go on. */
static void open_without_past(char *said, size_t size)
{
	struct agent agent;
	__u64 epoch = lab->control.epoch;

	stderr_capture_begin();
	agent = begin();
	stderr_capture_end(said, size);
	assert_int_equal(agent.world->outside_count, 0);
	count(50);
	assert_int_equal(gp_epoch_turn(agent.epoch, 0), 0);
	assert_int_equal(lab->control.epoch, epoch + 1);
	assert_true(agent.world->outside_count > 0);
	check_deltas();
	end(&agent);
	agent = begin();
	assert_true(agent.world->outside_count > 0);
	check_deltas();
	end(&agent);
}

static void turn_once(void)
{
	struct agent agent = begin();

	count(50);
	assert_int_equal(gp_epoch_turn(agent.epoch, 0), 0);
	end(&agent);
}

static void test_journal_of_others(void **state)
{
	char said[1024], old[128];
	struct stat st;

	(void)state;
	snprintf(old, sizeof(old), "%s.old", path);
	/* Lost. */
	turn_once();
	assert_int_equal(unlink(path), 0);
	open_without_past(said, sizeof(said));
	assert_non_null(strstr(said, "no journal of what outside hosts counted before epoch 1"));
	assert_int_equal(stat(old, &st), -1);
	/* The maps have been made anew, and drew another secret. */
	lab_close(lab);
	lab = lab_open();
	lab->settings.secret[1]++;
	open_without_past(said, sizeof(said));
	assert_non_null(strstr(said, "is set aside"));
	assert_non_null(strstr(said, old));
	assert_null(strstr(said, "no journal of")); /* nothing had been counted */
	assert_int_equal(unlink(old), 0);
	/* Made anew with a secret from the configuration: the epochs tell. */
	lab_close(lab);
	lab = lab_open();
	lab->settings.secret[1]++;
	open_without_past(said, sizeof(said));
	assert_non_null(strstr(said, "it ends with another epoch than the maps"));
	assert_int_equal(unlink(old), 0);
	/* An older copy, put back. */
	lab->control.epoch++;
	lab->control.bank_epoch[0]++;
	lab->control.bank_epoch[1]++;
	open_without_past(said, sizeof(said));
	assert_non_null(strstr(said, "it ends with another epoch than the maps"));
}

/* Something that is no journal is not touched. */
static void test_refused(void **state)
{
	struct agent agent;
	char said[1024];
	FILE *file;

	(void)state;
	turn_once();
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("Dear diary, this is not a journal of gatepost, but it is dear to me.\n", file);
	fclose(file);
	stderr_capture_begin();
	assert_int_equal(try_agent(&agent, path), -EINVAL);
	stderr_capture_end(said, sizeof(said));
	assert_non_null(strstr(said, path));
	assert_non_null(strstr(said, "remove it, or name another file"));
	assert_int_equal(unlink(path), 0);
	lab->control.bank_epoch[0] += 5;
	stderr_capture_begin();
	assert_int_equal(try_agent(&agent, path), -EINVAL);
	stderr_capture_end(said, sizeof(said));
	assert_non_null(strstr(said, "gatepost detach"));
}

/* Replay: no journal and no shadow; a capture's silent hours cost nothing. */
static void test_replay(void **state)
{
	struct gp_epoch_options options = {0};
	struct agent agent;
	struct gp_shadow none[2 * LAB_SLOTS] = {0};
	__u64 epoch;

	(void)state;
	assert_int_equal(gp_world_open(&agent.world, &lab->memory), 0);
	lab->memory.shadow = NULL;
	assert_int_equal(gp_epoch_open(&agent.epoch, agent.world, &options), 0);
	for (__u64 i = 0; i < 4; i++) {
		count(100);
		lab->cpus[i % 2].totals.received.packets += 100;
		assert_int_equal(gp_epoch_turn(agent.epoch, i), 0);
		assert_int_equal(lab->control.epoch, i + 1);
		check_books(&agent, "replay", (unsigned int)i);
	}
	for (__u64 i = 0; i < 1000; i++)
		assert_int_equal(gp_epoch_turn(agent.epoch, i), 0);
	epoch = lab->control.epoch;
	assert_in_range(epoch, 5, 6); /* one that empties the other bank, at most */
	for (__u32 i = 0; i < GP_BANKS * LAB_OUTSIDE; i++)
		assert_int_equal(lab->hosts[LAB_INSIDE + i].tag, 0);
	count(100);
	lab->cpus[1].totals.received.packets += 100;
	assert_int_equal(gp_epoch_turn(agent.epoch, 0), 0);
	assert_int_equal(lab->control.epoch, epoch + 1);
	check_books(&agent, "replay", 99);
	assert_memory_equal(lab->shadow, none, sizeof(none));
	end(&agent);
}

/* Waiting for the kernel's programs works here, or its replacement does. */
static void test_live(void **state)
{
	struct gp_epoch_options options = {.journal = path, .live = true};
	struct agent agent;

	(void)state;
	assert_int_equal(gp_world_open(&agent.world, &lab->memory), 0);
	assert_int_equal(gp_epoch_open(&agent.epoch, agent.world, &options), 0);
	count(100);
	assert_int_equal(gp_epoch_turn(agent.epoch, 0), 0);
	check_turned(&agent);
	end(&agent);
}

/* Counts until it is told to end; stands still when asked to. */
static void plane(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int pause = __atomic_load_n(&lab->pause, __ATOMIC_SEQ_CST);

		if (pause == 3)
			_exit(0);
		if (pause == 0)
			count(20);
		else
			__atomic_compare_exchange_n(&lab->pause, &pause, pause == 1 ? 2 : pause, false,
						    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		usleep(200);
	}
}

static void pause_plane(void)
{
	time_t until = time(NULL) + 20;

	__atomic_store_n(&lab->pause, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&lab->pause, __ATOMIC_SEQ_CST) != 2) {
		assert_true(time(NULL) <= until);
		usleep(50);
	}
}

/* An agent that turns as fast as it can. */
static void live(void)
{
	struct agent agent;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	agent = begin();
	for (__u64 i = 0;; i++)
		if (gp_epoch_turn(agent.epoch, i))
			_exit(1);
}

/* Waits until an agent has committed so many epochs, then some time more: machines differ in speed, or are busy. */
static void wait_at_random(__u64 random)
{
	__u64 epoch = __atomic_load_n(&lab->control.epoch, __ATOMIC_SEQ_CST) + random % 4;
	time_t until = time(NULL) + 20;

	while (__atomic_load_n(&lab->control.epoch, __ATOMIC_SEQ_CST) < epoch) {
		assert_true(time(NULL) <= until);
		usleep(100);
	}
	usleep((useconds_t)(random >> 8) % 2000);
}

static void check_paused(unsigned int number)
{
	struct agent agent;

	pause_plane();
	agent = begin();
	check_books(&agent, "kill", number);
	check_deltas();
	end(&agent);
	__atomic_store_n(&lab->pause, 0, __ATOMIC_SEQ_CST);
}

static void kill_many(void)
{
	__u64 random = 42;
	int status;
	pid_t pid;

	for (unsigned int i = 1; i <= KILLS; i++) {
		pid = fork();
		assert_return_code(pid, 0);
		if (!pid)
			live();
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		wait_at_random(random >> 33);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFSIGNALED(status))
			fail_msg("kill %u: the agent had ended with %d", i, WEXITSTATUS(status));
		if (i % 5 == 0)
			check_paused(i);
	}
}

static void test_killed_at_random(void **state)
{
	static char said[65536];
	pid_t counting = fork();
	struct agent agent;
	int status;

	(void)state;
	assert_return_code(counting, 0);
	if (!counting)
		plane();
	stderr_capture_begin();
	kill_many();
	__atomic_store_n(&lab->pause, 3, __ATOMIC_SEQ_CST);
	assert_int_equal(waitpid(counting, &status, 0), counting);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	agent = begin();
	assert_int_equal(gp_epoch_turn(agent.epoch, 0), 0);
	check_turned(&agent);
	end(&agent);
	stderr_capture_end(said, sizeof(said));
	assert_null(strstr(said, "aside"));
	assert_null(strstr(said, "no journal"));
	print_message("%u kills, %llu epochs, %llu programs\n", KILLS, lab->control.epoch, lab->at_work / 2);
	assert_true(lab->control.epoch > KILLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed_at_every_step, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_torn_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_snapshot, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_write_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_journal_of_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_live, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed_at_random, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("epoch", tests, NULL, NULL);
}
