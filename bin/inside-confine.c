#define _GNU_SOURCE
#include "base/df.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/text.h"
#include "inside.h"

/* ---- Landlock, whose header may be older than the kernel ---- */

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define FS_EXECUTE ((uint64_t)1 << 0)
#define FS_WRITE_FILE ((uint64_t)1 << 1)
#define FS_READ_FILE ((uint64_t)1 << 2)
#define FS_READ_DIR ((uint64_t)1 << 3)
#define FS_MAKE_CHAR ((uint64_t)1 << 6)
#define FS_MAKE_BLOCK ((uint64_t)1 << 11)
#define FS_TRUNCATE ((uint64_t)1 << 14)
#define FS_IOCTL_DEV ((uint64_t)1 << 15)

#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | \
    FS_TRUNCATE | FS_IOCTL_DEV)
#define FS_READ (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)

#define NET_TCP ((uint64_t)3)		/* bind, connect */
#define SCOPE_ABSTRACT ((uint64_t)1)	/* sockets */
#define SCOPE_ALL ((uint64_t)3)		/* and signals */

struct ruleset {
	uint64_t fs, net, scoped;
};
struct beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };

/* The rights of files that a kernel of this ABI knows. */
static uint64_t
fs_rights(int abi)
{
	int bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;

	return ((uint64_t)1 << bits) - 1;
}

static uint64_t
granted(int abi, int write, int dir)
{
	uint64_t a = write ? fs_rights(abi) & ~(FS_MAKE_CHAR | FS_MAKE_BLOCK |
	    FS_IOCTL_DEV) : FS_READ;

	return dir ? a : a & FS_OF_FILES;
}

static int
add_beneath(const struct df_confine *c, int fd, int write, int dir)
{
	struct beneath b = { granted(c->abi, write, dir), fd };

	return syscall(SYS_landlock_add_rule, c->fd, RULE_PATH_BENEATH, &b,
	    0) < 0 ? -1 : 0;
}

static int
add_rule(struct df_confine *c, const struct df_confine_rule *r)
{
	char link[40], real[4096];
	struct stat st;
	ssize_t n;
	int fd;

	fd = open(r->path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real) - 1);
	if (n < 0 || fstat(fd, &st) < 0 || add_beneath(c, fd, r->write,
	    S_ISDIR(st.st_mode)) < 0) {
		close(fd);
		return -1;
	}
	real[n] = '\0';
	df_buf_fmt(&c->rules, "%s{\"access\":\"%s\",\"dev\":\"%u:%u\","
	    "\"ino\":%llu,\"path\":", c->rules.n ? "," : "", r->write ? "rw" :
	    "ro", major(st.st_dev), minor(st.st_dev),
	    (unsigned long long)st.st_ino);
	df_text_json(&c->rules, real, (size_t)n);
	df_buf_ch(&c->rules, '}');
	close(fd);
	return 0;
}

/* ---- the filter ---- */

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#define MACHINE_NAME "x86_64"
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#define MACHINE_NAME "aarch64"
#endif

#ifdef MACHINE
#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#endif
#define FILTER_MAX 128
#define X32_BIT 0x40000000u
#define NEW_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
    CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define PTRACE_ATTACH_REQUEST 16
#define PTRACE_SEIZE_REQUEST 0x4206

struct filter {
	struct sock_filter f[FILTER_MAX];
	unsigned short n;
};

static void
put(struct filter *p, unsigned code, uint32_t k, unsigned jt, unsigned jf)
{
	p->f[p->n++] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt,
	    (uint8_t)jf, k };
}

static void
load(struct filter *p, size_t at)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)at, 0, 0);
}

static void
answer(struct filter *p, uint32_t what)
{
	put(p, BPF_RET | BPF_K, what, 0, 0);
}

static void
refuse(struct filter *p)
{
	answer(p, SECCOMP_RET_ERRNO | EPERM);
}

/* The low half of an argument, all that the kernel takes of an int. */
static void
argument(struct filter *p, unsigned i)
{
	load(p, offsetof(struct seccomp_data, args) + i * sizeof(uint64_t));
}

/* What follows, so many instructions, is about this system call alone. */
static void
about(struct filter *p, long nr, unsigned len)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, len);
}

static void
sockets(struct filter *p, int net)
{
	if (net) {
		about(p, SYS_socket, 6);
		argument(p, 0);
		put(p, BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 3, 0);
		put(p, BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 2, 0);
		put(p, BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0);
		refuse(p);
		answer(p, SECCOMP_RET_ALLOW);
	} else {
		about(p, SYS_socket, 1);
		refuse(p);
	}
	about(p, SYS_socketpair, 8);
	argument(p, 0);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 0, 4);
	argument(p, 1);
	put(p, BPF_ALU | BPF_AND | BPF_K, 0xf, 0, 0);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, SOCK_STREAM, 2, 0);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, SOCK_SEQPACKET, 1, 0);
	refuse(p);
	answer(p, SECCOMP_RET_ALLOW);
}

/* Which other process is traced; what a program starts itself may be. */
static void
tracing(struct filter *p)
{
	about(p, SYS_ptrace, 5);
	argument(p, 0);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, PTRACE_ATTACH_REQUEST, 1, 0);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, PTRACE_SEIZE_REQUEST, 0, 1);
	refuse(p);
	answer(p, SECCOMP_RET_ALLOW);
}

static void
limits(struct filter *p, long prlimit)
{
	about(p, prlimit, 4);
	argument(p, 0);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	refuse(p);
	answer(p, SECCOMP_RET_ALLOW);
}

static void
processes(struct filter *p)
{
	about(p, SYS_clone, 4);
	argument(p, 0);
	put(p, BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1);
	refuse(p);
	answer(p, SECCOMP_RET_ALLOW);
	about(p, SYS_clone3, 1);
	answer(p, SECCOMP_RET_ERRNO | ENOSYS);
	tracing(p);
	limits(p, SYS_prlimit64);
}

static void
make_filter(struct filter *p, int net)
{
	static const long never[] = { SYS_io_uring_setup, SYS_io_uring_enter,
	    SYS_io_uring_register, SYS_unshare, SYS_setns,
	    SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd,
	    SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf,
	    SYS_perf_event_open, SYS_shmget, SYS_semget, SYS_msgget,
	    SYS_mq_open, SYS_fanotify_init };
	size_t i;

	p->n = 0;
	load(p, offsetof(struct seccomp_data, arch));
	put(p, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
	answer(p, SECCOMP_RET_KILL_PROCESS);
	load(p, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	put(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	answer(p, SECCOMP_RET_KILL_PROCESS);
#endif
	for (i = 0; i < DF_LEN(never); i++) {
		about(p, never[i], 1);
		refuse(p);
	}
	sockets(p, net);
	processes(p);
	answer(p, SECCOMP_RET_ALLOW);
}

#ifdef __x86_64__
/* The same for programs of 32 bit: numbers of i386. */
static void
compat(struct filter *p, int judge)
{
	enum { PTRACE = 26, ADD_KEY = 286, KEYCTL = 288, PRLIMIT = 340,
	    VM_READV = 347, VM_WRITEV = 348, GETFD = 438 };
	unsigned short at;
	long nr;

	put(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 0);
	at = p->n;
	load(p, offsetof(struct seccomp_data, nr));
	for (nr = ADD_KEY; nr <= KEYCTL; nr++) {
		about(p, nr, 1);
		refuse(p);
	}
	for (nr = VM_READV; judge && nr <= VM_WRITEV; nr++) {
		about(p, nr, 1);
		refuse(p);
	}
	if (judge) {
		about(p, PTRACE, 1);
		refuse(p);
		about(p, GETFD, 1);
		refuse(p);
	}
	limits(p, PRLIMIT);
	answer(p, SECCOMP_RET_ALLOW);
	p->f[at - 1].jf = (uint8_t)(p->n - at);
}
#endif

static void
make_guard(struct filter *p, int judge)
{
	static const long never[] = { SYS_keyctl, SYS_add_key,
	    SYS_request_key, SYS_process_vm_readv, SYS_process_vm_writev,
	    SYS_pidfd_getfd };
	size_t i;

	p->n = 0;
	load(p, offsetof(struct seccomp_data, arch));
#ifdef __x86_64__
	compat(p, judge);
#endif
	put(p, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
	answer(p, SECCOMP_RET_KILL_PROCESS);
	load(p, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	put(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	answer(p, SECCOMP_RET_KILL_PROCESS);
#endif
	for (i = 0; i < (judge ? DF_LEN(never) : 3); i++) {
		about(p, never[i], 1);
		refuse(p);
	}
	if (judge)
		tracing(p);
	limits(p, SYS_prlimit64);
	answer(p, SECCOMP_RET_ALLOW);
}

static int
install(const struct filter *p)
{
	struct sock_fprog prog;

	prog.len = p->n;
	prog.filter = (struct sock_filter *)(uintptr_t)p->f;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static int
guard_self(int judge)
{
	struct filter f;

	make_guard(&f, judge);
	return install(&f);
}

static int
can_filter(void)
{
	uint32_t kill = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill) == 0;
}

static int
filter_self(int net)
{
	struct filter f;

	make_filter(&f, net);
	return install(&f);
}
#else
#define MACHINE_NAME ""

static int
guard_self(int judge)
{
	(void)judge;
	return 0;
}

static int
can_filter(void)
{
	return 0;
}

static int
filter_self(int net)
{
	(void)net;
	errno = ENOSYS;
	return -1;
}
#endif

/* ---- both ---- */

/* Whoever starts us has none as a rule; one who has some loses them. */
static int
drop_capabilities(void)
{
	struct {
		uint32_t version;
		int pid;
	} head = { 0x20080522, 0 };		/* version 3 */
	struct {
		uint32_t effective, permitted, inheritable;
	} none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return (int)syscall(SYS_capset, &head, none);
}

int
df_confine_prepare(struct df_confine *c, char *why, size_t size)
{
	struct ruleset r = { 0, 0, 0 };
	size_t i;
	long abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	if (abi < 1) {
		snprintf(why, size, "this kernel has no Landlock: %s",
		    strerror(errno));
		return -1;
	}
	if (!can_filter()) {
		snprintf(why, size, "this kernel has no seccomp filter that "
		    "we know");
		return -1;
	}
	if (geteuid() == 0) {
		snprintf(why, size, "root cannot be confined");
		return -1;
	}
	c->abi = abi > 1000 ? 1000 : (int)abi;
	df_buf_init(&c->rules);
	r.fs = fs_rights(c->abi);
	r.net = c->abi >= 4 && !c->net ? NET_TCP : 0;
	r.scoped = c->abi >= 6 ? SCOPE_ALL : 0;
	c->fd = (int)syscall(SYS_landlock_create_ruleset, &r, c->abi >= 6 ?
	    sizeof(r) : c->abi >= 4 ? offsetof(struct ruleset, scoped) :
	    offsetof(struct ruleset, net), 0);
	if (c->fd < 0) {
		snprintf(why, size, "cannot make a Landlock rule set: %s",
		    strerror(errno));
		return -1;
	}
	for (i = 0; i < c->n; i++)
		if (add_rule(c, &c->rule[i]) < 0) {
			snprintf(why, size, "no Landlock rule for %s: %s",
			    c->rule[i].path, strerror(errno));
			return -1;
		}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    drop_capabilities() < 0) {
		snprintf(why, size, "cannot give up privileges: %s",
		    strerror(errno));
		return -1;
	}
	c->on = 1;
	return 0;
}

void
df_confine_report(const struct df_confine *c, struct df_buf *out)
{
	static const struct {
		const char *name;
		int since;		/* closed by that ABI; 0: by none */
	} gap[] = { { "chmod", 0 }, { "inotify", 0 }, { "ioctl", 5 },
	    { "proc", 0 }, { "signals", 6 }, { "stat", 0 }, { "truncate", 3 } };
	size_t i;
	int n = 0;

	df_buf_fmt(out, "{\"abi\":%d,\"gaps\":[", c->abi);
	for (i = 0; i < DF_LEN(gap); i++)
		if (gap[i].since == 0 || c->abi < gap[i].since)
			df_buf_fmt(out, "%s\"%s\"", n++ ? "," : "",
			    gap[i].name);
	df_buf_fmt(out, "],\"network\":\"%s\",\"rules\":[%s],\"seccomp\":\""
	    MACHINE_NAME "\"}", c->net ? "host" : "none", c->rules.s);
}

/* Its own directory of /proc, and no other, whatever its children need. */
static int
own_proc(const struct df_confine *c)
{
	int fd = open("/proc/self", O_PATH | O_CLOEXEC), r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	r = add_beneath(c, fd, 0, 1);
	close(fd);
	return r;
}

int
df_confine_self(const struct df_confine *c)
{
	if (own_proc(c) < 0 || syscall(SYS_landlock_restrict_self, c->fd, 0) <
	    0)
		return -1;
	return filter_self(c->net);
}

/* ---- where namespaces isolate ---- */

void
df_guard_prepare(struct df_guard *g)
{
	const struct ruleset r = { 0, 0, SCOPE_ABSTRACT };

	if (g->net && syscall(SYS_landlock_create_ruleset, NULL, 0,
	    CREATE_VERSION) >= 6)
		g->fd = (int)syscall(SYS_landlock_create_ruleset, &r,
		    sizeof(r), 0);
	if (g->fd < 0)
		g->fd = 0;
}

void
df_guard_report(const struct df_guard *g, struct df_buf *out)
{
	df_buf_fmt(out, "{\"abstract\":%s,\"seccomp\":\"" MACHINE_NAME "\"}",
	    !g->net || g->fd ? "true" : "false");
}

int
df_guard_self(const struct df_guard *g)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || (g->fd &&
	    syscall(SYS_landlock_restrict_self, g->fd, 0) < 0))
		return -1;
	return guard_self(g->judge);
}
