/*
 * text.h - encodings, and the one writer of foreign text.
 *
 * Foreign text is what a specification, an agent or an artifact wrote, and
 * file names.  It reaches a terminal, TAP, Markdown or a log only through
 * df_text_foreign(), so that no escape sequence, bidirectional override,
 * line separator or forged line does (design: one function writes foreign
 * text).
 */
#ifndef DF_BASE_TEXT_H
#define DF_BASE_TEXT_H

#include "base/buf.h"

/*
 * Decode one UTF-8 sequence (RFC 3629: no overlong forms, no surrogates, at
 * most U+10FFFF) from s[0..n).  Returns its length and sets *cp, or 0 when
 * the bytes are not valid.
 */
unsigned df_utf8(const char *s, size_t n, uint32_t *cp);
/* The offset of the first invalid byte of s, or n when all is UTF-8. */
size_t df_utf8_bad(const char *s, size_t n);

enum df_text {
	DF_TEXT_LINE,	/* one line: newline and tab are escaped too */
	DF_TEXT_BLOCK	/* newlines stay; each line is indented */
};
/*
 * Append s to b.  C0, DEL, C1, bidirectional controls, zero-width and line
 * or paragraph separators, and bytes that are not UTF-8, become \xNN or
 * \u{NNNN}.  At most max bytes of s are used (0: no limit); what is cut is
 * marked "[... N bytes more]".  indent spaces start each line of a block;
 * a block always ends with a newline.
 */
void df_text_foreign(struct df_buf *b, const char *s, size_t n,
	enum df_text how, unsigned indent, size_t max);
/*
 * Append s as a Markdown code block whose fence is longer than any run of
 * backquotes in it.
 */
void df_text_fence(struct df_buf *b, const char *s, size_t n, size_t max);

/*
 * Append s as a JSON string, quotes included, in the canonical form of
 * RFC 8785: short escapes, \u00xx in lower case below 0x20, all else raw.
 * Bytes that are not UTF-8 become U+FFFD.
 */
void df_text_json(struct df_buf *b, const char *s, size_t n);

void df_hex(struct df_buf *b, const uint8_t *p, size_t n);
void df_hex_str(char *out, const uint8_t *p, size_t n);	/* 2n + 1 bytes */
/* Lower-case hex only.  Returns 0, or -1 when s[0..2n) is not that. */
int df_unhex(uint8_t *out, size_t n, const char *s, size_t len);
/* The same for either case: what others wrote. */
int df_unhex_any(uint8_t *out, size_t n, const char *s, size_t len);

/* RFC 4648 base64 with padding. */
void df_base64(struct df_buf *b, const uint8_t *p, size_t n);
/* The same without padding. */
void df_base64_nopad(struct df_buf *b, const uint8_t *p, size_t n);
/*
 * Strict: length a multiple of four, padded, unused bits zero, no white
 * space.  Appends to b; returns 0, or -1 with b as it was.
 */
int df_unbase64(struct df_buf *b, const char *s, size_t n);
/* Without padding: any '=' is refused. */
int df_unbase64_nopad(struct df_buf *b, const char *s, size_t n);

/*
 * Undo, in place, the escapes of /proc/PID/mountinfo (proc(5)): a backslash
 * and three octal digits are one byte.
 */
void df_text_unoctal(char *s);

/* Decimal number in [min, max] without sign tricks or leading zeros. */
int df_number(const char *s, int64_t min, int64_t max, int64_t *out);

/*
 * The nearest of the n words to s (Damerau-Levenshtein distance at most a
 * third of its length), or NULL: for "did you mean".
 */
const char *df_suggest(const char *s, const char *const *word, size_t n);

#endif
