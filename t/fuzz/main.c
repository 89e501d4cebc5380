/*
 * Run a harness where there is no libFuzzer: every seed, then mutations of
 * them, which depend on nothing but the seeds and the number that -s gives.
 *
 *	NAME [-n RUNS] [-t SECONDS] [-s NUMBER] [-o FILE] [FILE | DIR ...]
 *
 * -n is the number of mutations, -t goes on until they are that old.  An input
 * that fails, or that takes more than 20 seconds, is left in FILE.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include "fuzz.h"

#include <dirent.h>
#include <signal.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#define SLOW 20			/* seconds */
#define LARGEST ((size_t)1 << 20)

struct input {
	char *name;
	struct df_buf b;
};

static struct input *seed;
static size_t nseed, capseed, largest = 4096;
static const char *left = "crash";
static const void *now;		/* what is being run */
static size_t nnow;

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* Sanitizers end with abort(), so that died() sees it. */
const char *
__asan_default_options(void)
{
	return "abort_on_error=1:detect_leaks=1";
}

const char *
__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

static void
put(const char *s)
{
	(void)!write(2, s, strlen(s));
}

static void
died(int sig)
{
	int fd = open(left, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	put(sig == SIGALRM ? "takes too long: " : "failed: ");
	if (now == NULL || fd < 0 || write(fd, now, nnow) != (ssize_t)nnow)
		put("input not written to ");
	put(left);
	put("\n");
	_exit(1);
}

static void
run(const void *p, size_t n)
{
	char *copy = fuzz_copy(p, n);

	now = copy;
	nnow = n;
	alarm(SLOW);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)copy, n);
	alarm(0);
	now = NULL;
	free(copy);
}

/* ---- mutation ---- */

static uint64_t state;

/* splitmix64 */
static uint64_t
next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t
below(size_t n)
{
	return n ? (size_t)(next() % n) : 0;
}

/* Put p[0..n) in the place of the del bytes at at. */
static void
change(struct df_buf *b, size_t at, size_t del, const char *p, size_t n)
{
	struct df_buf new = DF_BUF_INIT;

	df_buf_add(&new, b->s, at);
	df_buf_add(&new, p, n);
	df_buf_add(&new, b->s + at + del, b->n - at - del);
	df_buf_release(b);
	*b = new;
}

static void
mutate(struct df_buf *b)
{
	static const char special[] = "\0\n\r\t \"\\{}[],:0919-.eE+/#$\x1e\x7f"
	    "\x80\xc3\xe2\xff";
	static const char *const number[] = { "0", "-1", "127", "256",
	    "65535", "65536", "2147483648", "4294967296", "9007199254740992",
	    "9223372036854775807", "9223372036854775808",
	    "99999999999999999999", "1e999", "-0" };
	const struct input *other = &seed[below(nseed)];
	size_t at = below(b->n + 1), n = below(1 + below(32)), from;
	char c = (char)next(), some[8];
	uint64_t v = next();

	if (n > b->n - at)
		n = b->n - at;
	switch (below(11)) {
	case 0:
		if (at < b->n)
			b->s[at] = (char)(b->s[at] ^ 1 << below(8));
		break;
	case 1:
		if (at < b->n)
			b->s[at] = c;
		break;
	case 2:
		c = special[below(sizeof(special) - 1)];
		change(b, at, at < b->n && below(2), &c, 1);
		break;
	case 3:
		change(b, at, n, "", 0);
		break;
	case 4: {
		char *copy = fuzz_copy(b->s + at, n);

		change(b, below(b->n + 1), 0, copy, n);
		free(copy);
		break;
	}
	case 5:
		memcpy(some, &v, sizeof(some));
		change(b, at, 0, some, 1 + below(sizeof(some)));
		break;
	case 6:
	case 7:
		from = below(other->b.n + 1);
		n = below(1 + other->b.n - from);
		change(b, at, below(2) ? 0 : below(1 + b->n - at),
		    other->b.s + from, n);
		break;
	case 8:
		df_buf_cut(b, at);
		break;
	case 9:
		from = below(DF_LEN(number));
		n = strspn(b->s + at, "0123456789");
		change(b, at, n, number[from], strlen(number[from]));
		break;
	default:
		if (at < b->n)
			b->s[at]++;
	}
	if (b->n > largest)
		df_buf_cut(b, largest);
}

static void
mutation(void)
{
	struct df_buf b = DF_BUF_INIT;
	size_t i, n = 1 + below(1 + below(8));

	i = below(nseed);
	df_buf_add(&b, seed[i].b.s, seed[i].b.n);
	for (i = 0; i < n; i++)
		mutate(&b);
	run(b.s, b.n);
	df_buf_release(&b);
}

/* ---- seeds ---- */

static void
add(const char *path)
{
	struct input *in;
	struct df_err e;

	DF_GROW(seed, nseed, capseed);
	in = &seed[nseed];
	in->name = df_strdup(path);
	df_buf_init(&in->b);
	if (df_read_file(AT_FDCWD, path, &in->b, LARGEST, &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		exit(2);
	}
	if (in->b.n > largest)
		largest = in->b.n;
	nseed++;
}

static void
add_dir(const char *path)
{
	struct df_buf b = DF_BUF_INIT;
	struct dirent **d;
	int i, n = scandir(path, &d, NULL, alphasort);

	if (n < 0) {
		perror(path);
		exit(2);
	}
	for (i = 0; i < n; i++) {
		if (d[i]->d_name[0] != '.') {
			df_buf_reset(&b);
			df_buf_fmt(&b, "%s/%s", path, d[i]->d_name);
			add(b.s);
		}
		free(d[i]);
	}
	free(d);
	df_buf_release(&b);
}

static void
usage(void)
{
	fprintf(stderr, "usage: [-n RUNS] [-t SECONDS] [-s NUMBER] [-o FILE] "
	    "[FILE | DIR ...]\n");
	exit(2);
}

static int64_t
number_arg(const char *s)
{
	int64_t v;

	if (df_number(s, 0, INT64_MAX, &v) < 0)
		usage();
	return v;
}

int
main(int argc, char **argv)
{
	static const int fatal[] = { SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL,
	    SIGSEGV };
	struct sigaction sa = { .sa_handler = died };
	int64_t runs = 0, seconds = 0, start = 1, done, end;
	struct stat st;
	size_t i;
	int c;

	while ((c = getopt(argc, argv, "n:t:s:o:")) != -1)
		switch (c) {
		case 'n':
			runs = number_arg(optarg);
			break;
		case 't':
			seconds = number_arg(optarg);
			break;
		case 's':
			start = number_arg(optarg);
			break;
		case 'o':
			left = optarg;
			break;
		default:
			usage();
		}
	for (i = 0; i < DF_LEN(fatal); i++)
		sigaction(fatal[i], &sa, NULL);
	for (; optind < argc; optind++)
		if (stat(argv[optind], &st) == 0 && S_ISDIR(st.st_mode))
			add_dir(argv[optind]);
		else
			add(argv[optind]);
	run("", 0);
	for (i = 0; i < nseed; i++)
		run(seed[i].b.s, seed[i].b.n);
	if (nseed == 0) {
		DF_GROW(seed, nseed, capseed);
		df_buf_init(&seed[0].b);
		seed[0].name = df_strdup("");
		nseed = 1;
	}
	state = (uint64_t)start;
	end = df_mono_ms() + seconds * 1000;
	for (done = 0; done < runs || df_mono_ms() < end; done++)
		mutation();
	printf("%zu seeds, %lld mutations from %lld\n", nseed,
	    (long long)done, (long long)start);
	for (i = 0; i < nseed; i++) {
		free(seed[i].name);
		df_buf_release(&seed[i].b);
	}
	free(seed);
	return 0;
}
