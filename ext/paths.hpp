// The ways that vehicles came, as the last few points of each (paths.pyx).
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace wayside {

constexpr int POINTS = 10;              // of a path history at most
constexpr double CHORD = 22.5;          // m: at most from point to point
constexpr double ERROR = 0.47;          // m: at most between the way and its chord
constexpr double STRAIGHT = 1.0;        // degrees turned below which the way is its chord
constexpr int64_t FARTHEST_POINT = 131071;  // 0.1 microdegree: DeltaLatitude, DeltaLongitude of TS 102 894-2
constexpr int64_t LONGEST_TIME = 65535;     // 10 ms: PathDeltaTime of TS 102 894-2
constexpr int64_t NORTHERNMOST = 900000000;
constexpr int64_t EASTERNMOST = 1800000000;

// A place on the way: where in the net [m] and heading there [degrees], where on earth [0.1 microdegree], when [ms].
struct Place {
    double x, y, heading;
    int64_t latitude, longitude, time;
};

// The last points, in a ring that ends before `next`; of the last of them, where in the net it is, and all of the place
// after it that was seen last. station: whose way it is, -1: nobody's. What is looked at in every message comes first:
// one cache line, where all together are four.
struct alignas(64) Path {
    int64_t station = -1;
    double start_x, start_y, start_heading;
    int64_t start_time, before_time;
    int32_t before_latitude, before_longitude;
    int16_t next = 0, count = 0;
    double before_x, before_y, before_heading;
    int32_t latitude[POINTS], longitude[POINTS];
    int64_t time[POINTS];
};

// Whether the way, if it is an arc, is too far from its chord [m]: SAE J2945/1's path history, actual error.
static inline bool strays(double start_heading, double heading, double chord) {
    double turned = std::fabs(heading - start_heading);
    if (!(turned < 360.0)) turned = std::fmod(turned, 360.0);
    if (turned > 180.0) turned = 360.0 - turned;
    if (turned < STRAIGHT) return false;
    const double half = 0.5 * turned * M_PI / 180.0;
    // It is half the chord times the tangent of a quarter of what was turned; up to there the tangent is between its
    // argument and 4 / pi times as much, and mostly that is enough to know.
    const double least = 0.25 * chord * half;
    if (least > ERROR * 1.001) return true;
    if (least * (4.0 / M_PI) < ERROR * 0.999) return false;
    return chord / (2.0 * std::sin(half)) * (1.0 - std::cos(half)) > ERROR;
}

static inline void keep(Path& path, double x, double y, double heading, int64_t latitude, int64_t longitude, int64_t time) {
    path.start_x = x;
    path.start_y = y;
    path.start_heading = heading;
    path.start_time = time;
    path.latitude[path.next] = static_cast<int32_t>(latitude);
    path.longitude[path.next] = static_cast<int32_t>(longitude);
    path.time[path.next] = time;
    path.next = path.next + 1 == POINTS ? 0 : path.next + 1;
    if (path.count < POINTS) ++path.count;
}

// A vehicle is at another place, on earth: the one before becomes a point where the way would stray from the chord to
// here, or the chord would be too long. The way begins anew with another vehicle, and after a jump.
static inline void go_on(Path& path, int64_t station, const Place& now) {
    const double dx = now.x - path.start_x, dy = now.y - path.start_y;
    if (path.station != station || now.time < path.before_time ||
        std::llabs(now.latitude - path.before_latitude) > FARTHEST_POINT ||
        std::llabs(now.longitude - path.before_longitude) > FARTHEST_POINT) {
        path.station = station;
        path.next = path.count = 0;
        keep(path, now.x, now.y, now.heading, now.latitude, now.longitude, now.time);
    } else {
        const double chord = std::sqrt(dx * dx + dy * dy);
        if (chord > CHORD || strays(path.start_heading, now.heading, chord)) {
            if (path.before_time > path.start_time) {
                keep(path, path.before_x, path.before_y, path.before_heading, path.before_latitude,
                     path.before_longitude, path.before_time);
            } else {
                keep(path, now.x, now.y, now.heading, now.latitude, now.longitude, now.time);
            }
        }
    }
    path.before_x = now.x;
    path.before_y = now.y;
    path.before_heading = now.heading;
    path.before_latitude = static_cast<int32_t>(now.latitude);
    path.before_longitude = static_cast<int32_t>(now.longitude);
    path.before_time = now.time;
}

// The points behind a place, the newest first, each from the one before; return how many. Ends where one is too far
// from the next, or too long ago, to be told.
static inline int told(const Path& path, const Place& now, int64_t* latitude, int64_t* longitude, int64_t* time) {
    int count = 0, at = path.next;
    int64_t north = now.latitude, east = now.longitude, when = now.time;
    for (int k = 0; k < path.count; ++k) {
        at = at == 0 ? POINTS - 1 : at - 1;
        const int64_t since = (when - path.time[at] + 5) / 10;
        if (path.time[at] == now.time) continue;
        const int64_t up = path.latitude[at] - north, right = path.longitude[at] - east;
        if (since > LONGEST_TIME || std::llabs(up) > FARTHEST_POINT || std::llabs(right) > FARTHEST_POINT) break;
        latitude[count] = up;
        longitude[count] = right;
        time[count] = since > 0 ? since : 1;
        north = path.latitude[at];
        east = path.longitude[at];
        when = path.time[at];
        ++count;
    }
    return count;
}

// See Paths.tell: rows of slots, all of them known. Returns how many points.
static int64_t tell_all(Path* paths, const int32_t* slots, int64_t rows, const uint8_t* due, const double* x,
                        const double* y, const double* heading, const int64_t* station, const int64_t* latitude,
                        const int64_t* longitude, int64_t time, int64_t* count, int64_t* north, int64_t* east,
                        int64_t* since) {
    constexpr int64_t AHEAD = 6;  // rows: what a path is at hand for when its turn comes
    int64_t total = 0;
    for (int64_t i = 0; i < rows; ++i) {
#if defined(__GNUC__)
        if (i + AHEAD < rows) {
            const Path* path = paths + slots[i + AHEAD];
            const char* line = reinterpret_cast<const char*>(path);
            __builtin_prefetch(line, 1);
            __builtin_prefetch(line + 64, 1);
            if (due[i + AHEAD]) {
                __builtin_prefetch(line + 128);
                __builtin_prefetch(line + 192);
            }
        }
#endif
        const int32_t slot = slots[i];
        const Place now{x[slot], y[slot], heading[slot], latitude[i], longitude[i], time};
        Path& path = paths[slot];
        count[i] = 0;
        if (std::llabs(now.latitude) > NORTHERNMOST || std::llabs(now.longitude) > EASTERNMOST) {
            path.station = -1;
            continue;
        }
        go_on(path, station[slot], now);
        if (due[i]) {
            count[i] = told(path, now, north + total, east + total, since + total);
            total += count[i];
        }
    }
    return total;
}

}  // namespace wayside
