/* A wrong clock for a program that asks libc for the time: the seconds that stand in the file
   $MDC_TEST_CLOCK are added to it, on each call anew. Loaded with LD_PRELOAD (ld.so(8)). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t which, struct timespec *now)
{
    long ahead = 0;
    const char *path = getenv("MDC_TEST_CLOCK");
    FILE *file = which == CLOCK_REALTIME && path ? fopen(path, "r") : NULL;
    if (file) {
        if (fscanf(file, "%ld", &ahead) != 1)
            ahead = 0;
        fclose(file);
    }
    int failed = syscall(SYS_clock_gettime, which, now);
    if (!failed)
        now->tv_sec += ahead;
    return failed;
}
