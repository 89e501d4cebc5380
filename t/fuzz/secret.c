/*
 * Fuzz the masking of secrets: a byte, the secrets, each in a part of its
 * own, and the text, the last part.
 *
 * Behind the mask no secret is left, in any of the forms that are looked for,
 * and a text that has none stays as it is.  Reading from a descriptor gives
 * the same answer, wherever its pieces meet.
 */
#define _GNU_SOURCE
#include "base/df.h"

#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/list.h"
#include "base/text.h"
#include "work/secret.h"

/* Do both find the same behind so many bytes of something else? */
static void
pieces(const struct df_secrets *s, const char *p, size_t n, size_t pad)
{
	struct df_buf b = DF_BUF_INIT;
	struct df_err e;
	int fd = memfd_create("text", MFD_CLOEXEC);

	memset(df_buf_room(&b, pad), ' ', pad);
	b.n = pad;
	df_buf_add(&b, p, n);
	must(fd >= 0 && write(fd, b.s, b.n) == (ssize_t)b.n);
	must(lseek(fd, 0, SEEK_SET) == 0);
	must(df_secrets_fd(s, fd, "text", &e) == df_secrets_in(s, b.s, b.n));
	close(fd);
	df_buf_release(&b);
}

/* The text with each form of the secret in it. */
static void
forms(const struct df_secrets *s, const char *v, const char *p, size_t n)
{
	struct df_buf b = DF_BUF_INIT;
	size_t len = strlen(v), k, i;

	for (k = 0; k < 6; k++) {
		df_buf_reset(&b);
		df_buf_add(&b, p, n);
		if (k == 0)
			df_buf_str(&b, v);
		else if (k == 1)
			df_hex(&b, (const uint8_t *)v, len);
		else if (k < 5) {
			struct df_buf raw = DF_BUF_INIT;

			df_buf_add(&raw, "?:;", k - 2);
			df_buf_add(&raw, v, len);
			df_buf_str(&raw, "~!");
			df_base64(&b, (const uint8_t *)raw.s, raw.n);
			df_buf_release(&raw);
		} else {
			for (i = 0; i < len; i++)
				df_buf_fmt(&b, (v[i] >= '0' && v[i] <= '9') ||
				    (v[i] >= 'a' && v[i] <= 'z') ||
				    (v[i] >= 'A' && v[i] <= 'Z') ||
				    strchr("-._~", v[i]) ? "%c" : "%%%02X",
				    (unsigned char)v[i]);
		}
		must(df_secrets_in(s, b.s, b.n));
		must(df_secrets_mask(s, &b) > 0);
	}
	df_buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *s = (const char *)p + 1, *part;
	struct df_list value = { 0 };
	struct df_secrets sec;
	struct df_buf b = DF_BUF_INIT;
	size_t len, count, pad, i;
	int in, marks = 0;

	if (n-- == 0)
		return 0;
	pad = 65536 - p[0];
	while (value.n < 4 && memchr(s, FUZZ_SEPARATOR, n)) {
		part = s;
		len = fuzz_part(&s, &n);
		len = strnlen(part, len);
		if (len < 8)
			continue;
		df_list_addf(&value, "%.*s", (int)len, part);
		/* "[secret]" could be a part of one */
		marks |= memchr(part, '[', len) || memchr(part, ']', len);
	}
	df_secrets_init(&sec, &value);
	in = df_secrets_in(&sec, s, n);
	pieces(&sec, s, n, 0);
	pieces(&sec, s, n, pad);
	for (i = 0; i < value.n; i++)
		forms(&sec, value.v[i], s, n);
	df_buf_add(&b, s, n);
	count = df_secrets_mask(&sec, &b);
	must((count > 0) == (in != 0));
	if (count == 0)
		must(b.n == n && memcmp(b.s, s, n) == 0);
	if (!marks)
		must(!df_secrets_in(&sec, b.s, b.n) &&
		    df_secrets_mask(&sec, &b) == 0);
	df_secrets_release(&sec);
	df_list_free(&value);
	df_buf_release(&b);
	return 0;
}
