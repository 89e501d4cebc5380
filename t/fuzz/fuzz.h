/*
 * fuzz.h - what the harnesses share.
 *
 * A harness is one file with LLVMFuzzerTestOneInput(): it looks at one input
 * and ends with abort() when the property does not hold that its first
 * comment names.  It is linked with libFuzzer (make fuzz) or with main.c,
 * which runs seeds and its own mutations of them (t/0190-fuzz-seeds.t).
 * Bytes behind an input belong to nobody, so that AddressSanitizer sees who
 * reads them.
 *
 * An input that has several parts has the byte 0x1e between them.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/df.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define FUZZ_SEPARATOR 0x1e

__attribute__((noreturn, unused)) static void
fuzz_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}
#define must(cond) \
	((cond) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #cond))

/*
 * The part that begins at *p, of *n bytes: returns its length and moves *p
 * and *n behind its separator.
 */
__attribute__((unused)) static size_t
fuzz_part(const char **p, size_t *n)
{
	const char *s = *p, *end = *n ? memchr(s, FUZZ_SEPARATOR, *n) : NULL;
	size_t len = end ? (size_t)(end - s) : *n;

	*p += len + (end != NULL);
	*n -= len + (end != NULL);
	return len;
}

/* A copy of exactly n bytes, for what must not be read beyond. */
__attribute__((unused)) static char *
fuzz_copy(const char *s, size_t n)
{
	char *p = df_malloc(n);

	if (n)
		memcpy(p, s, n);
	return p;
}

/* A temporary directory, open; its path is for fuzz_tmp_end(). */
__attribute__((unused)) static int
fuzz_tmp(char path[256])
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	snprintf(path, 256, "%s/df-fuzz-XXXXXX", tmp ? tmp : "/tmp");
	must(mkdtemp(path) != NULL);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0);
	return fd;
}

__attribute__((unused)) static void
fuzz_tmp_end(const char *path)
{
	struct df_err e;

	must(df_remove_tree(AT_FDCWD, path, &e) == 0);
}

#endif
