// The inner loop of Grid: how many of n points lie within sqrt(limit) of a centre.
#pragma once

// Compiled twice, the wider one chosen where the processor has it: the sums are of integers, so both agree.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((target_clones("avx2", "default")))
#endif
static long long
count_near(const double* x, const double* y, long long n, double cx, double cy, double limit) {
    long long found = 0;
    for (long long i = 0; i < n; ++i) {
        const double dx = x[i] - cx;
        const double dy = y[i] - cy;
        found += dx * dx + dy * dy <= limit;
    }
    return found;
}
