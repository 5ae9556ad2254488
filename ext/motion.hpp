// The inner loops of dead reckoning and of the error of known positions.
#pragma once

#include <cmath>
#include <cstdint>

#include "clones.hpp"
#include "hashing.hpp"

namespace wayside {

constexpr double DEGREE = 3.14159265358979323846 / 180.0;
constexpr double HARDER = 1.5;   // brakes are expected to be pressed so much harder in the next step
constexpr double SLOWEST = 0.5;  // m/s: a slower vehicle has no curvature
constexpr double FARTHER = 2.0, APART = 5.0;  // times a step's way, and m: who is farther away has not driven there

// What is remembered of a vehicle from one step of SUMO to the next.
struct Moving {
    double x = 0.0, y = 0.0, speed = 0.0;  // m, m/s
    double heading = std::nan(""), east = 0.0, north = 0.0;
    long long station = -1;  // -1 also where it was not on the road
};

// Columns of a table of vehicles, see Motion.bind.
struct Vehicles {
    const double *x, *y, *speed, *acceleration, *heading;
    const long long* station;
    const int* stop_state;
    const unsigned char *on_net, *equipped;
    unsigned char* active;
    double *yaw_rate, *curvature, *to_x, *to_y;
};

// How a vehicle goes on until the next step: `speed` t + `gain` t^2 [m], until `stop` [s], but nowhere less than `ahead`
// [m], which it has been told to be already. `gone` [m]: as it was told last.
struct Ways {
    double *east, *north, *speed, *gain, *stop, *ahead, *gone;
};

static inline double turned(double before, double now) {
    const double by = before - now;
    return by > 180.0 ? by - 360.0 : by <= -180.0 ? by + 360.0 : by;
}

// SUMO has stepped, by `step` [s]: see Motion.sense.
static void sense(const Vehicles& v, Moving* moving, const Ways& to, int parking, double step, bool ballistic,
                  long long n) {
    const double unknown = std::nan("");
    for (long long i = 0; i < n; ++i) {
        Moving& was = moving[i];
        const bool on_road = v.on_net[i] && !(v.stop_state[i] & parking);
        v.active[i] = v.equipped[i] && on_road;
        v.yaw_rate[i] = v.curvature[i] = unknown;
        to.speed[i] = to.gain[i] = to.ahead[i] = 0.0;
        to.stop[i] = HUGE_VAL;
        if (!on_road) {
            was.station = -1;
            continue;
        }
        const double speed = v.speed[i], dx = v.x[i] - was.x, dy = v.y[i] - was.y;
        const double most = FARTHER * std::fmax(speed, was.speed) * step + APART;
        const bool known = was.station == v.station[i] && dx * dx + dy * dy <= most * most;
        if (known) {
            v.yaw_rate[i] = turned(was.heading, v.heading[i]) / step;
            if (speed >= SLOWEST) v.curvature[i] = v.yaw_rate[i] * DEGREE / speed;
        }
        if (v.heading[i] != was.heading) {  // few vehicles turn in a step, and sines are what this costs
            was.heading = v.heading[i];
            was.east = std::sin(was.heading * DEGREE);
            was.north = std::cos(was.heading * DEGREE);
        }
        to.east[i] = was.east;
        to.north[i] = was.north;
        const double a = v.acceleration[i] < 0.0 ? HARDER * v.acceleration[i] : v.acceleration[i];
        if (ballistic) {
            to.speed[i] = speed;
            to.gain[i] = 0.5 * a;
            if (a < 0.0) to.stop[i] = -speed / a;
        } else {
            to.speed[i] = std::fmax(0.0, speed + a * step);
        }
        if (known) {
            const double over = (v.to_x[i] - v.x[i]) * was.east + (v.to_y[i] - v.y[i]) * was.north;
            to.ahead[i] = std::fmin(std::fmax(over, 0.0), to.gone[i]);
        }
        was.x = v.x[i];
        was.y = v.y[i];
        was.speed = speed;
        was.station = v.station[i];
    }
}

// Positions [m] so many seconds after the step.
WAYSIDE_CLONES static void advance(
    const double* __restrict x,
    const double* __restrict y,
    const double* __restrict east,
    const double* __restrict north,
    const double* __restrict speed,
    const double* __restrict gain,
    const double* __restrict stop,
    const double* __restrict ahead,
    double seconds,
    double* __restrict gone,
    double* __restrict to_x,
    double* __restrict to_y,
    long long n
) {
    for (long long i = 0; i < n; ++i) {
        const double t = seconds < stop[i] ? seconds : stop[i];
        const double way = t * (speed[i] + t * gain[i]);
        const double s = way > ahead[i] ? way : ahead[i];
        gone[i] = s;
        to_x[i] = x[i] + s * east[i];
        to_y[i] = y[i] + s * north[i];
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
