/*
 * df.h - included first by every source file: feature macros and attributes.
 *
 * The code is C11 and POSIX.1-2008.  A file that needs a Linux extension
 * defines _GNU_SOURCE itself before it includes this header.
 *
 * Functions that nobody here may call (strcpy, sprintf, system, atoi, mktemp,
 * ...) are listed in t/lint/banned and are searched for in the object
 * files by `make lint`.
 */
#ifndef DF_H
#define DF_H

#if !defined(_GNU_SOURCE) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif

#include <stddef.h>
#include <stdint.h>

#define DF_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define DF_NORETURN __attribute__((noreturn))
#define DF_CHECK __attribute__((warn_unused_result))
#define DF_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The address sanitizer: gcc and clang say it differently. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define DF_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(DF_ASAN)
#define DF_ASAN 1
#endif

#ifndef DF_VERSION
#define DF_VERSION "unknown"
#endif

#endif
