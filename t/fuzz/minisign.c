/*
 * Fuzz the readers of minisign's keys and signatures: whatever the bytes, the
 * answer is an error or a key; no such signature holds.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "evidence/minisign.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char file[] =
	    "untrusted comment: minisign public key\n"
	    "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n";
	const char *s = (const char *)p;
	struct df_buf comment = DF_BUF_INIT;
	struct df_minisign_key k, other;
	struct df_err e;
	int fd;

	if (df_minisign_key_read(&k, file, strlen(file), "key", &e) < 0)
		abort();
	(void)!df_minisign_key_read(&other, s, n, "fuzz", &e);
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, "text", 4) != 4 || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	if (df_minisign_verify(&k, fd, "text", s, n, "fuzz", &comment, &e) ==
	    0)
		abort();
	df_buf_release(&comment);
	close(fd);
	return 0;
}
