// The inner loops of dead reckoning and of the error of known positions.
#pragma once

#include <cmath>
#include <cstdint>

#include "clones.hpp"
#include "hashing.hpp"

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

// The error of a station's position, and of which station at which tick it is.
struct Drifting {
    double x = 0.0;  // m
    double y = 0.0;
    long long station = -1;
    long long tick = 0;
};

// The positions that n stations know, of those that are active. An error is `keep` times what it was a tick ago and
// `fresh` times a standard normal number of (seed, station, tick, axis); after a longer time (`rate` a tick) as much
// less of the old one; of a station not known before, all of it is new (`deviation` [m]).
static void drift(
    const unsigned char* active,
    const double* x,
    const double* y,
    const long long* station,
    uint64_t seed,
    long long tick,
    double rate,
    double deviation,
    Drifting* drifting,
    double* said_x,
    double* said_y,
    long long n
) {
    const Normal& draw = normal();
    const double keep = std::exp(-rate), fresh = deviation * std::sqrt(1.0 - keep * keep);
    const uint64_t key = 2 * static_cast<uint64_t>(tick);
    for (long long i = 0; i < n; ++i) {
        if (!active[i]) continue;
        Drifting& error = drifting[i];
        const bool is_new = error.station != station[i];
        const long long elapsed = tick - error.tick;
        if (is_new || elapsed > 0) {
            double old = keep, added = fresh;
            if (is_new) {
                old = 0.0;
                added = deviation;
            } else if (elapsed > 1) {
                old = std::exp(-rate * static_cast<double>(elapsed));
                added = deviation * std::sqrt(1.0 - old * old);
            }
            error.x = old * error.x + added * draw(hash(seed, station[i], key));
            error.y = old * error.y + added * draw(hash(seed, station[i], key + 1));
            error.station = station[i];
            error.tick = tick;
        }
        said_x[i] = x[i] + error.x;
        said_y[i] = y[i] + error.y;
    }
}

}  // namespace wayside
