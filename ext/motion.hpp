// The inner loop of dead reckoning.
#pragma once

#include "clones.hpp"

namespace wayside {

// Positions [m] so many seconds later at constant velocity [m/s].
WAYSIDE_CLONES static void advance(
    const double* __restrict x,
    const double* __restrict y,
    const double* __restrict vx,
    const double* __restrict vy,
    double seconds,
    double* __restrict to_x,
    double* __restrict to_y,
    long long n
) {
    for (long long i = 0; i < n; ++i) {
        to_x[i] = x[i] + seconds * vx[i];
        to_y[i] = y[i] + seconds * vy[i];
    }
}

}  // namespace wayside
