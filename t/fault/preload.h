/*
 * preload.h - for libraries that stand in front of the C library's.
 */
#ifndef T_FAULT_PRELOAD_H
#define T_FAULT_PRELOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* RTLD_NEXT, syscall() */
#endif

#include <dlfcn.h>
#include <unistd.h>

/* What the C library has under that name. */
static inline void *
real(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		_exit(126);
	return p;
}
#define REAL(name) ((__typeof__(&name))real(#name))

/* Only the kernel is called here: nobody stands in front of it. */
static inline long
kernel(long n, long a, long b, long c, long d)
{
	static __typeof__(&syscall) call;

	if (call == NULL)
		call = REAL(syscall);
	return call(n, a, b, c, d);
}

#endif
