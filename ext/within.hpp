// The inner loops of grid.hpp: which of some points lie within a radius of a centre.
//
// AVX-512 compares into masks, which no compiler makes of a plain loop; everything else takes the plain loops. All give
// the same answer: the exact one.
#pragma once

#include <cstdint>
#include <cstring>

#include "clones.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define WAYSIDE_MASKS 1
#else
#define WAYSIDE_MASKS 0
#endif

namespace wayside {

struct Near {
    int inside;    // surely
    int doubtful;  // not 0: some may be
};

#if WAYSIDE_MASKS

static const bool has_masks = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("popcnt");

#define WAYSIDE_AVX512 __attribute__((target("avx512f,popcnt"))) static

__attribute__((always_inline)) WAYSIDE_AVX512 inline __m512 squares(__m512 x, __m512 y, __m512 centre_x, __m512 centre_y) {
    const __m512 dx = _mm512_sub_ps(x, centre_x), dy = _mm512_sub_ps(y, centre_y);
    return _mm512_add_ps(_mm512_mul_ps(dx, dx), _mm512_mul_ps(dy, dy));
}

WAYSIDE_AVX512 Near count_by_masks(
    const float* x, const float* y, int n, float cx, float cy, float surely, float maybe
) {
    const __m512 centre_x = _mm512_set1_ps(cx), centre_y = _mm512_set1_ps(cy);
    const __m512 inner = _mm512_set1_ps(surely), outer = _mm512_set1_ps(maybe);
    int inside = 0, doubtful = 0, k = 0;
    for (; k + 16 <= n; k += 16) {
        const __m512 d = squares(_mm512_loadu_ps(x + k), _mm512_loadu_ps(y + k), centre_x, centre_y);
        const int hit = _mm512_cmp_ps_mask(d, inner, _CMP_LE_OQ);
        inside += __builtin_popcount(hit);
        doubtful |= hit ^ _mm512_cmp_ps_mask(d, outer, _CMP_LE_OQ);
    }
    if (k < n) {
        const __mmask16 rest = static_cast<__mmask16>((1u << (n - k)) - 1u);
        const __m512 d =
            squares(_mm512_maskz_loadu_ps(rest, x + k), _mm512_maskz_loadu_ps(rest, y + k), centre_x, centre_y);
        const int hit = _mm512_mask_cmp_ps_mask(rest, d, inner, _CMP_LE_OQ);
        inside += __builtin_popcount(hit);
        doubtful |= hit ^ _mm512_mask_cmp_ps_mask(rest, d, outer, _CMP_LE_OQ);
    }
    return {inside, doubtful};
}

__attribute__((always_inline)) WAYSIDE_AVX512 inline __m512d squares(__m512d x, __m512d y, __m512d centre_x, __m512d centre_y) {
    const __m512d dx = _mm512_sub_pd(x, centre_x), dy = _mm512_sub_pd(y, centre_y);
    return _mm512_add_pd(_mm512_mul_pd(dx, dx), _mm512_mul_pd(dy, dy));
}

WAYSIDE_AVX512 std::uint64_t mark_by_masks(
    const double* x, const double* y, int n, double cx, double cy, double limit
) {
    const __m512d centre_x = _mm512_set1_pd(cx), centre_y = _mm512_set1_pd(cy), bound = _mm512_set1_pd(limit);
    std::uint64_t hits = 0;
    int k = 0;
    for (; k + 8 <= n; k += 8) {
        const __m512d d = squares(_mm512_loadu_pd(x + k), _mm512_loadu_pd(y + k), centre_x, centre_y);
        hits |= static_cast<std::uint64_t>(_mm512_cmp_pd_mask(d, bound, _CMP_LE_OQ)) << k;
    }
    if (k < n) {
        const __mmask8 rest = static_cast<__mmask8>((1u << (n - k)) - 1u);
        const __m512d d =
            squares(_mm512_maskz_loadu_pd(rest, x + k), _mm512_maskz_loadu_pd(rest, y + k), centre_x, centre_y);
        hits |= static_cast<std::uint64_t>(_mm512_mask_cmp_pd_mask(rest, d, bound, _CMP_LE_OQ)) << k;
    }
    return hits;
}

#endif

WAYSIDE_CLONES static Near count_by_loop(
    const float* x, const float* y, int n, float cx, float cy, float surely, float maybe
) {
    int inside = 0, near = 0;
    for (int k = 0; k < n; ++k) {
        const float dx = x[k] - cx, dy = y[k] - cy;
        const float d = dx * dx + dy * dy;
        inside += d <= surely;
        near += d <= maybe;
    }
    return {inside, near - inside};
}

WAYSIDE_CLONES static std::uint64_t mark_by_loop(
    const double* x, const double* y, int n, double cx, double cy, double limit
) {
    unsigned char near[64] = {};
    for (int k = 0; k < n; ++k) {
        const double dx = x[k] - cx, dy = y[k] - cy;
        near[k] = dx * dx + dy * dy <= limit;
    }
    std::uint64_t hits = 0;
    for (int k = 0; k < n; ++k) {
        hits |= static_cast<std::uint64_t>(near[k]) << k;
    }
    return hits;
}

// How many of n points have a squared distance to the centre of at most `surely`, and whether any lies between that
// and `maybe`.
static inline Near count_near(const float* x, const float* y, int n, float cx, float cy, float surely, float maybe) {
#if WAYSIDE_MASKS
    if (has_masks) {
        return count_by_masks(x, y, n, cx, cy, surely, maybe);
    }
#endif
    return count_by_loop(x, y, n, cx, cy, surely, maybe);
}

// Bit k: point k of up to 64 has a squared distance to the centre of at most `limit`.
static inline std::uint64_t mark_near(const double* x, const double* y, int n, double cx, double cy, double limit) {
#if WAYSIDE_MASKS
    if (has_masks) {
        return mark_by_masks(x, y, n, cx, cy, limit);
    }
#endif
    return mark_by_loop(x, y, n, cx, cy, limit);
}

}  // namespace wayside
