// For inner loops: compiled several times, the widest one chosen that the processor has. All give the same bits, since
// no sum of theirs is of floating point numbers and nothing is contracted (setup.py).
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define WAYSIDE_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WAYSIDE_CLONES
#endif
