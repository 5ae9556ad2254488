// The inner loops between SI units and the integers of messages, and those of polynomials in two variables.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "clones.hpp"

namespace wayside {

constexpr double FARTHEST = 4611686018427387904.0;  // 2^62: what integers of a message are held within
constexpr int64_t FARTHEST_INTEGER = int64_t(1) << 62;
constexpr int LANES = 8;  // points whose polynomials are evaluated together

// To the nearest integer, half to even, within 2^62 of 0; not for NaN.
static inline int64_t nearest(double value) {
    const double held = value > FARTHEST ? FARTHEST : value < -FARTHEST ? -FARTHEST : value;
#if defined(__SSE2__)
    return _mm_cvtsd_si64(_mm_set_sd(held));
#else
    return static_cast<int64_t>(std::nearbyint(held));
#endif
}

// How a field's integers are made from a column of doubles.
struct Rule {
    const double* source;
    const double* plus;  // one a row, added to the source's; NULL for none
    int64_t* to;
    double step;
    int64_t below, above, unknown;  // INT64_MIN, INT64_MAX: no integer for what is out of range
    int64_t turn;                   // integers in one turn of a direction, 0 for what is none
    bool by_slot;                   // the source has one value a slot, not one a row
};

static inline void to_integers(const Rule& rule, const int32_t* slots, int64_t rows) {
    for (int64_t i = 0; i < rows; ++i) {
        double value = rule.source[rule.by_slot ? slots[i] : i];
        if (rule.plus) value += rule.plus[i];
        if (value != value) {
            rule.to[i] = rule.unknown;
            continue;
        }
        int64_t number = nearest(value / rule.step);
        if (rule.turn) {
            number %= rule.turn;
            if (number < 0) number += rule.turn;
        } else if (number > rule.above) {
            number = rule.above;
        } else if (number < rule.below) {
            number = rule.below;
        }
        rule.to[i] = number;
    }
}

// The other way round: NaN for a number that says that it is not known, or that is not there.
static inline double quantity(int64_t number, double step, int64_t unknown) {
    if (number == unknown || number == std::numeric_limits<int64_t>::min()) return std::nan("");
    return static_cast<double>(number) * step;
}

// Polynomials of one degree in (u, v), each from -1 to 1, at LANES points: first the coefficients of u^0 v^0, v^1 ...
// v^degree, then those of u^1 v^0 ... v^(degree - 1), and so on; `stride` from one polynomial to the next.
WAYSIDE_CLONES static void evaluate(
    const double* coefficients, int64_t stride, int64_t outputs, int degree, const double* u, const double* v,
    double* to
) {
    for (int64_t k = 0; k < outputs; ++k) {
        const double* c = coefficients + (k + 1) * stride - 1;  // from the last one on
        double sum[LANES];
        for (int lane = 0; lane < LANES; ++lane) sum[lane] = *c;
        --c;
        for (int i = degree - 1; i >= 0; --i) {
            double inner[LANES];
            for (int lane = 0; lane < LANES; ++lane) inner[lane] = *c;
            --c;
            for (int j = degree - i - 1; j >= 0; --j, --c)
                for (int lane = 0; lane < LANES; ++lane) inner[lane] = inner[lane] * v[lane] + *c;
            for (int lane = 0; lane < LANES; ++lane) sum[lane] = sum[lane] * u[lane] + inner[lane];
        }
        for (int lane = 0; lane < LANES; ++lane) to[k * LANES + lane] = sum[lane];
    }
}

// Where a polynomial in two variables is taken: values less `middle`, divided by `half`, are within -1..1.
struct Box {
    double middle_u, middle_v, half_u, half_v;
};

// All points of (u, v), or those of these slots, to `outputs` rows of `room` numbers each. Returns how many are outside
// of the box, of which nothing sensible comes out; so is NaN.
static inline int64_t evaluate_all(
    const double* coefficients, int64_t stride, int64_t outputs, int degree, const Box& box, const double* u,
    const double* v, const int32_t* slots, int64_t rows, double* to, int64_t room
) {
    double us[LANES] = {}, vs[LANES] = {}, found[3 * LANES];
    int64_t outside = 0;
    for (int64_t first = 0; first < rows; first += LANES) {
        const int count = rows - first < LANES ? static_cast<int>(rows - first) : LANES;
        for (int lane = 0; lane < count; ++lane) {
            const int64_t at = slots ? slots[first + lane] : first + lane;
            us[lane] = (u[at] - box.middle_u) / box.half_u;
            vs[lane] = (v[at] - box.middle_v) / box.half_v;
            outside += !(std::fabs(us[lane]) <= 1.0 && std::fabs(vs[lane]) <= 1.0);
        }
        evaluate(coefficients, stride, outputs, degree, us, vs, found);
        for (int64_t k = 0; k < outputs; ++k)
            for (int lane = 0; lane < count; ++lane) to[k * room + first + lane] = found[k * LANES + lane];
    }
    return outside;
}

}  // namespace wayside
