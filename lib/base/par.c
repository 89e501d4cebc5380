#include "base/df.h"

#include <pthread.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/par.h"

#define THREADS 64

struct part {
	int (*fn)(void *arg, size_t from, size_t to, struct df_err *e);
	void *arg;
	size_t from, to;
	struct df_err e;
	int r, started;
	pthread_t t;
};

static void *
work(void *arg)
{
	struct part *p = arg;

	p->r = p->fn(p->arg, p->from, p->to, &p->e);
	return NULL;
}

int
df_parallel(size_t n, size_t min,
    int (*fn)(void *arg, size_t from, size_t to, struct df_err *e), void *arg,
    struct df_err *e)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct part part[THREADS];
	size_t k = cores < 1 ? 1 : (size_t)cores, i;
	int r = 0;

	if (k > THREADS)
		k = THREADS;
	if (k > n)
		k = n;
	if (n < min || k == 0)
		k = 1;
	if (k == 1)
		return fn(arg, 0, n, e);
	for (i = 0; i < k; i++) {
		part[i].fn = fn;
		part[i].arg = arg;
		part[i].from = n / k * i + (i < n % k ? i : n % k);
		part[i].to = part[i].from + n / k + (i < n % k);
		part[i].started = i > 0 && pthread_create(&part[i].t, NULL,
		    work, &part[i]) == 0;
	}
	for (i = 0; i < k; i++) {
		if (part[i].started)
			pthread_join(part[i].t, NULL);
		else
			work(&part[i]);
	}
	for (i = 0; i < k && r == 0; i++) {
		r = part[i].r;
		if (r < 0 && e)
			*e = part[i].e;
	}
	return r;
}
