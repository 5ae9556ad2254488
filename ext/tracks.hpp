// Tracks of what sensors see: Kalman filters of constant velocity, a row of numbers each; from looks to road users.
//
// Noise is the same along both axes, so that one covariance serves both (Bar-Shalom, Li, Kirubarajan 2001, 6.3.2:
// discrete white noise acceleration).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "assign.hpp"

namespace wayside {

// What a row holds (edge/perception/tracks.py has the same names).
enum Value {
    ID, X, Y, VX, VY, PP, PV, VV, TIME, SEEN, BORN, HITS, MISSES, HEADING, LENGTH, WIDTH, KIND, HEARD,
    SAID_TIME, SAID_X, SAID_Y, SAID_SPEED, SAID_HEADING,
    OTHERS, OTHERS_TICK, OTHER_X, OTHER_Y, OTHER_SPEED, OTHER_SIGMA, OTHER_AWAY, VALUES
};

enum Rule { SELF_ANNOUNCEMENT = 1, FREQUENCY = 2, DYNAMICS = 4, CONFIDENCE = 8, DISTANCE = 16, RULES = 5 };

struct Tracking {
    double acceleration;  // standard deviation, m/s^2
    double gate;          // squared, of four degrees of freedom
    double confirm;       // looks in which one must have been found
    double keep;          // s for which one is kept that is seen no more
    double speed_sigma;   // m/s, of measured speeds along each axis
};

// Columns of detections, a row each.
struct Seen {
    const double *x, *y, *vx, *vy, *heading, *length, *width, *sigma, *kind;
};

constexpr double ROUND = 6.283185307179586;
constexpr int TENTATIVE_MISSES = 2;  // looks without it after which one is dropped that has not been confirmed
constexpr double TURNS = 2.0;        // m/s from which on one's heading is where it moves to
constexpr double BLEND = 0.3;        // of a measured heading, below that

inline double wrapped(double angle) { return angle - ROUND * std::floor(angle / ROUND + 0.5); }

inline void predict(double* t, double to, double acceleration) {
    const double dt = to - t[TIME];
    if (dt <= 0.0) return;
    const double q = acceleration * acceleration;
    t[X] += t[VX] * dt;
    t[Y] += t[VY] * dt;
    t[PP] += 2.0 * dt * t[PV] + dt * dt * t[VV] + q * dt * dt * dt * dt / 4.0;
    t[PV] += dt * t[VV] + q * dt * dt * dt / 2.0;
    t[VV] += q * dt * dt;
    t[TIME] = to;
}

class Tracker {
public:
    // One look of one unit, at a time: detections begin..end - 1. Returns how many tracks there are then; there must be
    // room for all detections. given[d]: the number of the track that detection d was taken for, -1 before it is
    // confirmed. `next`: the number of the next confirmed one.
    int look(double* rows, int count, const Seen& s, int begin, int end, double time, const Tracking& how, int* next, int* given) {
        const int n = end - begin;
        candidates.clear();
        for (int k = 0; k < count; ++k) {
            double* t = rows + static_cast<size_t>(k) * VALUES;
            predict(t, time, how.acceleration);
            for (int d = begin; d < end; ++d) {
                const double dx = s.x[d] - t[X], dy = s.y[d] - t[Y];
                const double pp = t[PP] + s.sigma[d] * s.sigma[d], vv = t[VV] + how.speed_sigma * how.speed_sigma;
                const double determinant = pp * vv - t[PV] * t[PV];
                // Of the place alone first: the rest cannot make it less.
                if (dx * dx + dy * dy > how.gate * pp) continue;
                const double ex = s.vx[d] - t[VX], ey = s.vy[d] - t[VY];
                const double cost =
                    (vv * (dx * dx + dy * dy) - 2.0 * t[PV] * (dx * ex + dy * ey) + pp * (ex * ex + ey * ey)) / determinant;
                if (cost < how.gate) candidates.push_back({k, d - begin, cost});
            }
        }
        to.resize(std::max(count, 1));
        taken.assign(n, 0);
        assignment.solve(count, n, candidates, how.gate, to.data());
        for (int k = 0; k < count; ++k) {
            double* t = rows + static_cast<size_t>(k) * VALUES;
            if (to[k] < 0) {
                t[MISSES] += 1.0;
                continue;
            }
            const int d = begin + to[k];
            taken[to[k]] = 1;
            update(t, s, d, how.speed_sigma);
            if (t[ID] < 0.0 && t[HITS] >= how.confirm) {
                t[ID] = *next;
                *next = (*next + 1) % 65536;
            }
            given[d] = static_cast<int>(t[ID]);
        }
        int left = 0;
        for (int k = 0; k < count; ++k) {
            double* t = rows + static_cast<size_t>(k) * VALUES;
            const bool over = t[ID] < 0.0 ? t[MISSES] >= TENTATIVE_MISSES : time - t[SEEN] > how.keep + 1e-9;
            if (over) continue;
            if (left != k) std::memcpy(rows + static_cast<size_t>(left) * VALUES, t, VALUES * sizeof(double));
            ++left;
        }
        for (int d = begin; d < end; ++d) {
            if (taken[d - begin]) continue;
            double* t = rows + static_cast<size_t>(left++) * VALUES;
            std::fill_n(t, static_cast<int>(VALUES), 0.0);
            t[ID] = -1.0;
            t[X] = s.x[d]; t[Y] = s.y[d]; t[VX] = s.vx[d]; t[VY] = s.vy[d];
            t[PP] = s.sigma[d] * s.sigma[d];
            t[VV] = how.speed_sigma * how.speed_sigma;
            t[TIME] = t[SEEN] = t[BORN] = time;
            t[HITS] = 1.0;
            t[HEADING] = s.heading[d]; t[LENGTH] = s.length[d]; t[WIDTH] = s.width[d]; t[KIND] = s.kind[d];
            t[HEARD] = -1.0;
            t[SAID_TIME] = -1e300;
            t[OTHERS_TICK] = -1e9;
            if (how.confirm <= 1.0) {
                t[ID] = *next;
                *next = (*next + 1) % 65536;
            }
            given[d] = static_cast<int>(t[ID]);
        }
        return merged(rows, left, given, begin, end);
    }

    // Which track is which vehicle that has been heard: nearest of all together, within a gate of two degrees of freedom.
    // heard: when each place was; state: what it said, C values each, of x, y, speed, heading [degrees], length; sigma:
    // of positions in awareness messages, m. Writes HEARD, and the track of each place, -1: none.
    void match(double* rows, int count, const double* heard, const double* state, int values, int places, double now,
               double sigma, double acceleration, int* track) {
        candidates.clear();
        std::fill_n(track, places, -1);
        for (int p = 0; p < places; ++p) {
            const double* v = state + static_cast<size_t>(p) * values;
            const double age = now - heard[p], turn = v[3] * ROUND / 360.0, sine = std::sin(turn), cosine = std::cos(turn);
            const double length = v[4] == v[4] ? v[4] : 0.0;
            const double along = v[2] * age - 0.5 * length;  // a message tells where the front is
            const double x = v[0] + along * sine, y = v[1] + along * cosine;
            const double drift = 0.5 * acceleration * age * age;
            const double spread = sigma * sigma + drift * drift;
            for (int k = 0; k < count; ++k) {
                const double* t = rows + static_cast<size_t>(k) * VALUES;
                if (t[ID] < 0.0) continue;
                const double dt = now - t[TIME];
                const double dx = x - t[X] - t[VX] * dt, dy = y - t[Y] - t[VY] * dt;
                const double pp = t[PP] + 2.0 * dt * t[PV] + dt * dt * t[VV] + spread;
                const double cost = (dx * dx + dy * dy) / pp;
                if (cost < MATCH) candidates.push_back({p, k, cost});
            }
        }
        assignment.solve(places, count, candidates, MATCH, track);
        for (int k = 0; k < count; ++k) rows[static_cast<size_t>(k) * VALUES + HEARD] = -1.0;
        for (int p = 0; p < places; ++p) {
            if (track[p] >= 0) rows[static_cast<size_t>(track[p]) * VALUES + HEARD] = p;
        }
    }

    // An object that another station tells of, at `now` and in V2X tick `tick`: of whichever track it is.
    void overhear(double* rows, int count, double x, double y, double speed, double sigma, double away, double now, int64_t tick) {
        double best = MATCH;
        double* found = nullptr;
        for (int k = 0; k < count; ++k) {
            double* t = rows + static_cast<size_t>(k) * VALUES;
            const double dt = now - t[TIME];
            const double dx = x - t[X] - t[VX] * dt, dy = y - t[Y] - t[VY] * dt;
            const double cost = (dx * dx + dy * dy) / (t[PP] + 2.0 * dt * t[PV] + dt * dt * t[VV] + sigma * sigma);
            if (cost < best) { best = cost; found = t; }
        }
        if (!found) return;
        const uint64_t mask = recent(found, tick) | 1u;
        found[OTHERS] = static_cast<double>(mask & 0xffffffffULL);
        found[OTHERS_TICK] = static_cast<double>(tick);
        found[OTHER_X] = x; found[OTHER_Y] = y; found[OTHER_SPEED] = speed;
        found[OTHER_SIGMA] = sigma; found[OTHER_AWAY] = away;
    }

    // In which of the last ticks others told of a track: bit k: k ticks ago.
    static uint64_t recent(const double* t, int64_t tick) {
        const int64_t shift = tick - static_cast<int64_t>(t[OTHERS_TICK]);
        return shift < 0 || shift >= 32 ? 0 : static_cast<uint64_t>(t[OTHERS]) << shift & 0xffffffffULL;
    }

    // The gate of two degrees of freedom: 99 % of those that belong together are within.
    static constexpr double MATCH = 9.21;

private:
    Assignment assignment;
    std::vector<Candidate> candidates;
    std::vector<int> to;
    std::vector<char> taken;

    // No two road users are in one another's box: a track that was not found in this look, and one that is where it would
    // be, are the same one. It goes on as the one that was found, by the number of the older. Returns how many are left.
    static int merged(double* rows, int count, int* given, int begin, int end) {
        for (int k = 0; k < count; ++k) {
            double* lost = rows + static_cast<size_t>(k) * VALUES;
            if (lost[MISSES] <= 0.0) continue;
            for (int j = 0; j < count; ++j) {
                double* other = rows + static_cast<size_t>(j) * VALUES;
                if (j == k || other[MISSES] > lost[MISSES] || !overlap(lost, other)) continue;
                const bool older = lost[ID] >= 0.0 && (other[ID] < 0.0 || lost[BORN] < other[BORN]);
                if (older) {
                    for (int d = begin; d < end; ++d) {
                        if (other[ID] >= 0.0 && given[d] == static_cast<int>(other[ID])) given[d] = static_cast<int>(lost[ID]);
                    }
                    for (int value : {static_cast<int>(ID), static_cast<int>(BORN)}) other[value] = lost[value];
                    std::memcpy(other + SAID_TIME, lost + SAID_TIME, (VALUES - SAID_TIME) * sizeof(double));
                }
                other[HITS] = std::max(other[HITS], lost[HITS]);
                --count;
                if (k != count) std::memcpy(lost, rows + static_cast<size_t>(count) * VALUES, VALUES * sizeof(double));
                --k;
                break;
            }
        }
        return count;
    }

    // Whether the middle of one is in the box of the other.
    static bool overlap(const double* a, const double* b) {
        const double dx = b[X] - a[X], dy = b[Y] - a[Y];
        for (const double* t : {a, b}) {
            const double sine = std::sin(t[HEADING]), cosine = std::cos(t[HEADING]);
            if (std::fabs(dx * sine + dy * cosine) < 0.5 * t[LENGTH] && std::fabs(dx * cosine - dy * sine) < 0.5 * t[WIDTH]) {
                return true;
            }
        }
        return false;
    }

    static void update(double* t, const Seen& s, int d, double speed_sigma) {
        const double pp = t[PP] + s.sigma[d] * s.sigma[d], vv = t[VV] + speed_sigma * speed_sigma, pv = t[PV];
        const double determinant = pp * vv - pv * pv;
        const double k00 = (t[PP] * vv - pv * pv) / determinant, k01 = (pp * pv - t[PP] * pv) / determinant;
        const double k10 = (pv * vv - t[VV] * pv) / determinant, k11 = (t[VV] * pp - pv * pv) / determinant;
        const double dx = s.x[d] - t[X], dy = s.y[d] - t[Y], ex = s.vx[d] - t[VX], ey = s.vy[d] - t[VY];
        t[X] += k00 * dx + k01 * ex;
        t[Y] += k00 * dy + k01 * ey;
        t[VX] += k10 * dx + k11 * ex;
        t[VY] += k10 * dy + k11 * ey;
        const double p = t[PP], v = t[VV];
        t[PP] = (1.0 - k00) * p - k01 * pv;
        t[PV] = (1.0 - k00) * pv - k01 * v;
        t[VV] = -k10 * pv + (1.0 - k11) * v;
        t[SEEN] = t[TIME];
        t[HITS] += 1.0;
        t[MISSES] = 0.0;
        t[LENGTH] += BLEND * (s.length[d] - t[LENGTH]);
        t[WIDTH] += BLEND * (s.width[d] - t[WIDTH]);
        t[KIND] = s.kind[d];
        const double speed = std::hypot(t[VX], t[VY]);
        const double wanted = speed > TURNS ? std::atan2(t[VX], t[VY]) : t[HEADING] + BLEND * wrapped(s.heading[d] - t[HEADING]);
        t[HEADING] = wanted - ROUND * std::floor(wanted / ROUND);
    }
};

// The rules by which an object is included in a perception message (TS 103 324 V2.1.1, inclusion of objects).
struct Inclusion {
    double moved = 4.0, faster = 0.5, turned = 4.0 * ROUND / 360.0;  // m, m/s, radians since it was included
    double longest = 1.0;   // s: T_GenCpmMax
    double persons = 0.5;   // s, of those on foot or bicycle
};

struct Redundancy {
    int rules;      // bits of Rule
    int window;     // V2X ticks
    int most;       // times that others may tell of it in the window
    double moved, faster;  // m, m/s: since others told of it
    double distance;       // m: nobody this near needs it said again
};

inline bool is_person(const double* t) { return t[KIND] == 1.0 || t[KIND] == 2.0; }

// Which tracks of one unit are to be said now, by their places, at most `room`; they count as said. omitted: by rule.
inline int choose(double* rows, int count, double now, int64_t tick, const Inclusion& in, const Redundancy& by,
                  const double* heard, int* places, int room, long long* omitted) {
    bool persons = false;
    for (int k = 0; k < count && !persons; ++k) {
        const double* t = rows + static_cast<size_t>(k) * VALUES;
        persons = t[ID] >= 0.0 && t[MISSES] <= 2.0 && is_person(t) && now - t[SAID_TIME] >= in.persons - 1e-9;
    }
    int n = 0;
    for (int k = 0; k < count && n < room; ++k) {
        double* t = rows + static_cast<size_t>(k) * VALUES;
        if (t[ID] < 0.0 || t[MISSES] > 2.0) continue;
        const double speed = std::hypot(t[VX], t[VY]);
        const bool due = is_person(t) ? persons
            : now - t[SAID_TIME] >= in.longest - 1e-9
                || std::hypot(t[X] - t[SAID_X], t[Y] - t[SAID_Y]) > in.moved
                || std::fabs(speed - t[SAID_SPEED]) > in.faster
                || (speed > in.faster && std::fabs(wrapped(t[HEADING] - t[SAID_HEADING])) > in.turned);
        if (!due) continue;
        int rule = -1;
        const uint64_t recent = Tracker::recent(t, tick) & ((1ULL << by.window) - 1);
        int times = 0;
        for (uint64_t bits = recent; bits; bits &= bits - 1) ++times;
        if (by.rules & SELF_ANNOUNCEMENT && t[HEARD] >= 0.0 && now - heard[static_cast<int>(t[HEARD])] <= 0.1 * by.window + 1e-9) {
            rule = 0;
        } else if (by.rules & FREQUENCY && times > by.most) {
            rule = 1;
        } else if (by.rules & DYNAMICS && times && std::hypot(t[X] - t[OTHER_X], t[Y] - t[OTHER_Y]) <= by.moved
                   && std::fabs(speed - t[OTHER_SPEED]) <= by.faster) {
            rule = 2;
        } else if (by.rules & CONFIDENCE && times && t[OTHER_SIGMA] < std::sqrt(t[PP])) {
            rule = 3;
        } else if (by.rules & DISTANCE && times && t[OTHER_AWAY] <= by.distance) {
            rule = 4;
        }
        if (rule >= 0) {
            ++omitted[rule];
            continue;
        }
        t[SAID_TIME] = now;
        t[SAID_X] = t[X]; t[SAID_Y] = t[Y]; t[SAID_SPEED] = speed; t[SAID_HEADING] = t[HEADING];
        places[n++] = k;
    }
    return n;
}

}  // namespace wayside
