// What sensors at the roadside see: who is in range and in a field of view, in nobody's shadow, and found.
//
// A sensor hangs at a height over the ground. Outlines of buildings shadow whatever is behind them, however tall they
// are; road users shadow what the line of sight to passes through them below their height.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "grid.hpp"
#include "hashing.hpp"

namespace wayside {

constexpr double TURN = 6.283185307179586;

// All that could be seen, a row each; the place is the middle of a box on the ground, the heading in radians clockwise
// from north.
struct Sights {
    const double *x, *y, *z, *heading, *speed, *length, *width, *height;
    const uint64_t* identity;
    const unsigned char* there;
    int n;
};

// What is found, a row each; `object` is a row of the sights, -1 of a false alarm.
struct Detections {
    std::vector<int> sensor, object;
    std::vector<double> x, y, vx, vy, heading, length, width, sigma;

    void clear() {
        for (auto* column : {&x, &y, &vx, &vy, &heading, &length, &width, &sigma}) column->clear();
        sensor.clear();
        object.clear();
    }
};

struct Post {
    double x, y, z, range;
    double found, found_far;  // probability of detection: near, and at the end of the range
    double sigma, sigma_far;  // of positions along each axis, m, likewise
    double speed_sigma, heading_sigma;  // m/s along each axis, radians
    double false_alarms;  // mean number in one look
    double visible;       // share of the lines of sight that must be free
    uint64_t id;
    bool shadow;
    std::vector<double> from, width;  // sectors, radians clockwise from north; none: all around
    std::vector<int> first, wall;     // by bin of bearings, the walls that it may meet
    std::vector<double> near;         // by bin, the least distance of any of them
};

enum Outcome { IN_VIEW, BEHIND_BUILDING, BEHIND_OTHERS, MISSED, FALSE_ALARM, OUTCOMES };

class SensorField {
public:
    std::vector<Post> posts;
    Detections found;
    std::vector<long long> counts;  // sensors x OUTCOMES, since the begin

    SensorField() : grid(50.0) {}

    // The walls of closed outlines: corner k of outline p is at first[p] <= k < first[p + 1].
    void build(const double* x, const double* y, const int64_t* corner, int64_t outlines) {
        counts.assign(posts.size() * OUTCOMES, 0);
        for (Post& post : posts) {
            std::vector<std::vector<int>> bins(BINS);
            for (int64_t p = 0; post.shadow && p < outlines; ++p) {
                const int64_t low = corner[p], high = corner[p + 1];
                // A sensor hangs at a wall, or on a roof: its own building hides nothing.
                if (inside(x + low, y + low, high - low, post.x, post.y)) continue;
                for (int64_t k = low; k < high; ++k) {
                    const int64_t m = k + 1 < high ? k + 1 : low;
                    if (away(post, x[k], y[k], x[m], y[m]) > post.range + BEYOND) continue;
                    const int number = static_cast<int>(ax.size());
                    ax.push_back(x[k]); ay.push_back(y[k]); bx.push_back(x[m]); by.push_back(y[m]);
                    const double from = bearing(x[k] - post.x, y[k] - post.y);
                    double turn = bearing(x[m] - post.x, y[m] - post.y) - from;
                    turn -= TURN * std::floor(turn / TURN + 0.5);
                    const double low_end = std::min(from, from + turn) - 1e-9, high_end = std::max(from, from + turn) + 1e-9;
                    const int begin = static_cast<int>(std::floor(low_end / BIN));
                    const int end = static_cast<int>(std::floor(high_end / BIN));
                    for (int b = begin; b <= end; ++b) bins[((b % BINS) + BINS) % BINS].push_back(number);
                }
            }
            post.first.assign(1, 0);
            post.wall.clear();
            post.near.assign(BINS, 1e300);
            for (int b = 0; b < BINS; ++b) {
                for (int w : bins[b]) {
                    post.wall.push_back(w);
                    post.near[b] = std::min(post.near[b], away(post, ax[w], ay[w], bx[w], by[w]));
                }
                post.first.push_back(static_cast<int>(post.wall.size()));
            }
            widest = std::max(widest, post.range);
        }
        for (const Post& post : posts) {
            place_x.push_back(post.x);
            place_y.push_back(post.y);
        }
    }

    // What the sensors `due` (ascending) find at a moment; `salt` is the seed of their chance.
    void look(const int* due, int n, uint64_t salt, int64_t moment, const Sights& sights) {
        found.clear();
        wayside::build(grid, sights.x, sights.y, sights.there, sights.n);
        pairs_within(grid, place_x.data(), place_y.data(), due, n, widest + BEYOND, pairs);
        size_t at = 0;
        for (int k = 0; k < n; ++k) {
            const Post& post = posts[due[k]];
            near.clear();
            for (; at < pairs.count && pairs.centre[at] == k; ++at) {
                const int o = pairs.point[at];
                const double east = sights.x[o] - post.x, north = sights.y[o] - post.y;
                const double distance = std::sqrt(east * east + north * north);
                // Who is a little beyond the range can still stand in the way.
                const double half = 0.5 * std::sqrt(
                    sights.length[o] * sights.length[o] + sights.width[o] * sights.width[o]);
                if (distance - half <= post.range) near.push_back({distance, half, east, north, o});
            }
            std::sort(near.begin(), near.end(), [](const Near& a, const Near& b) {
                return a.distance != b.distance ? a.distance < b.distance : a.object < b.object;
            });
            see(due[k], salt, moment, sights);
        }
    }

    // Whether each row of the sights is in a sensor's view and in whose shadow: an Outcome, MISSED for whom nothing
    // hides, FALSE_ALARM for whom it does not look at.
    void outcomes(int sensor, const Sights& sights, unsigned char* to) {
        const Post& post = posts[sensor];
        near.clear();
        for (int o = 0; o < sights.n; ++o) {
            to[o] = FALSE_ALARM;
            if (!sights.there[o]) continue;
            const double east = sights.x[o] - post.x, north = sights.y[o] - post.y;
            const double half = 0.5 * std::sqrt(sights.length[o] * sights.length[o] + sights.width[o] * sights.width[o]);
            near.push_back({std::sqrt(east * east + north * north), half, east, north, o});
        }
        std::sort(near.begin(), near.end(), [](const Near& a, const Near& b) {
            return a.distance != b.distance ? a.distance < b.distance : a.object < b.object;
        });
        for (size_t k = 0; k < near.size(); ++k) {
            if (looks_at(post, near[k])) to[near[k].object] = static_cast<unsigned char>(hidden(post, k, sights));
        }
    }

private:
    static constexpr double BEYOND = 15.0;  // m: half of the longest box that may begin within a range
    static constexpr int BINS = 720;
    static constexpr double BIN = TURN / BINS;
    static constexpr int RAYS = 5;  // to the middle and the four corners of a box
    static constexpr double INWARDS = 0.8;  // of the way to a corner

    struct Near {
        double distance, half, east, north;
        int object;
    };

    Grid grid;
    Pairs pairs;
    std::vector<Near> near;
    std::vector<double> ax, ay, bx, by, place_x, place_y;
    double widest = 0.0;

    static double bearing(double east, double north) {
        const double b = std::atan2(east, north);
        return b < 0.0 ? b + TURN : b;
    }

    static double away(const Post& post, double ax, double ay, double bx, double by) {
        const double wx = bx - ax, wy = by - ay, px = post.x - ax, py = post.y - ay;
        const double square = wx * wx + wy * wy;
        const double t = square > 0.0 ? std::clamp((px * wx + py * wy) / square, 0.0, 1.0) : 0.0;
        return std::hypot(px - t * wx, py - t * wy);
    }

    static bool inside(const double* x, const double* y, int64_t n, double px, double py) {
        bool in = false;
        for (int64_t i = 0, j = n - 1; i < n; j = i++) {
            if ((y[i] > py) != (y[j] > py) && px < (x[j] - x[i]) * (py - y[i]) / (y[j] - y[i]) + x[i]) in = !in;
        }
        return in;
    }

    static bool looks_at(const Post& post, const Near& one) {
        if (one.distance > post.range) return false;
        if (post.from.empty()) return true;
        const double b = bearing(one.east, one.north);
        for (size_t s = 0; s < post.from.size(); ++s) {
            double turn = b - post.from[s];
            turn -= TURN * std::floor(turn / TURN);
            if (turn <= post.width[s]) return true;
        }
        return false;
    }

    bool walled(const Post& post, double east, double north) const {
        const int bin = std::min(BINS - 1, static_cast<int>(bearing(east, north) / BIN));
        if (post.near[bin] * post.near[bin] > east * east + north * north) return false;
        for (int k = post.first[bin]; k < post.first[bin + 1]; ++k) {
            const int w = post.wall[k];
            const double wx = bx[w] - ax[w], wy = by[w] - ay[w], px = ax[w] - post.x, py = ay[w] - post.y;
            const double determinant = east * wy - north * wx;
            if (determinant == 0.0) continue;
            const double t = (px * wy - py * wx) / determinant, u = (px * north - py * east) / determinant;
            if (t >= 0.0 && t <= 1.0 && u >= 0.0 && u <= 1.0) return true;
        }
        return false;
    }

    // Whether a line of sight to a point so far east, north and above meets somebody's box.
    static bool through(const Post& post, double east, double north, double up, const Near& other, const Sights& s) {
        const int o = other.object;
        const double sine = std::sin(s.heading[o]), cosine = std::cos(s.heading[o]);
        // Along the box and across it: where the line begins, and how it leads on.
        const double begin[2] = {-(other.east * sine + other.north * cosine), -(other.east * cosine - other.north * sine)};
        const double way[2] = {east * sine + north * cosine, east * cosine - north * sine};
        const double half[2] = {0.5 * s.length[o], 0.5 * s.width[o]};
        double low = 0.0, high = 1.0;
        for (int axis = 0; axis < 2; ++axis) {
            if (way[axis] == 0.0) {
                if (std::fabs(begin[axis]) > half[axis]) return false;
                continue;
            }
            double a = (-half[axis] - begin[axis]) / way[axis], b = (half[axis] - begin[axis]) / way[axis];
            if (a > b) std::swap(a, b);
            low = std::max(low, a);
            high = std::min(high, b);
        }
        if (low >= high) return false;
        const double top = s.z[o] + s.height[o];
        return std::min(post.z + low * up, post.z + high * up) < top;
    }

    // Who hides entry k of `near`; MISSED for nobody.
    Outcome hidden(const Post& post, size_t k, const Sights& s) const {
        if (!post.shadow) return MISSED;
        const Near& one = near[k];
        const int o = one.object;
        const double sine = std::sin(s.heading[o]), cosine = std::cos(s.heading[o]);
        const double along = 0.5 * INWARDS * s.length[o], across = 0.5 * INWARDS * s.width[o];
        const double up = s.z[o] + 0.5 * s.height[o] - post.z;
        double east[RAYS], north[RAYS];
        bool free[RAYS];
        for (int r = 0; r < RAYS; ++r) {
            const double a = r == 0 ? 0.0 : (r & 1 ? along : -along), c = r == 0 ? 0.0 : (r > 2 ? across : -across);
            east[r] = one.east + a * sine + c * cosine;
            north[r] = one.north + a * cosine - c * sine;
            free[r] = post.wall.empty() || !walled(post, east[r], north[r]);
        }
        const auto share = [&] { return (free[0] + free[1] + free[2] + free[3] + free[4]) / 5.0; };
        if (share() < post.visible) return BEHIND_BUILDING;
        const double unit_east = one.distance > 0.0 ? one.east / one.distance : 0.0;
        const double unit_north = one.distance > 0.0 ? one.north / one.distance : 1.0;
        for (size_t j = 0; j < near.size(); ++j) {
            const Near& other = near[j];
            if (other.distance - other.half > one.distance + one.half) break;
            if (j == k) continue;
            const double ahead = other.east * unit_east + other.north * unit_north;
            if (ahead < -other.half) continue;
            const double aside = std::fabs(other.east * unit_north - other.north * unit_east);
            if (aside > other.half + one.half) continue;
            // The least height of the line over the box: at its far end where the line leads down.
            const double top = s.z[other.object] + s.height[other.object];
            const double reach = one.distance + one.half;
            const double far = up < 0.0 ? std::min(1.0, (ahead + other.half) / std::max(one.distance - one.half, 1e-9)) : 0.0;
            if (up < 0.0 ? post.z + far * up >= top
                         : post.z + std::max(0.0, (ahead - other.half) / reach) * up >= top) continue;
            for (int r = 0; r < RAYS; ++r) free[r] = free[r] && !through(post, east[r], north[r], up, other, s);
        }
        return share() < post.visible ? BEHIND_OTHERS : MISSED;
    }

    void see(int sensor, uint64_t salt, int64_t moment, const Sights& s) {
        const Post& post = posts[sensor];
        long long* counted = counts.data() + static_cast<size_t>(sensor) * OUTCOMES;
        const Normal& normal_of = normal();
        for (size_t k = 0; k < near.size(); ++k) {
            if (!looks_at(post, near[k])) continue;
            ++counted[IN_VIEW];
            const Outcome outcome = hidden(post, k, s);
            if (outcome != MISSED) {
                ++counted[outcome];
                continue;
            }
            const int o = near[k].object;
            const uint64_t base = mix(hash(salt, post.id, s.identity[o]) + step(static_cast<uint64_t>(moment)));
            const double part = near[k].distance / post.range;
            if (unit(mix(base + step(0))) >= post.found + part * (post.found_far - post.found)) {
                ++counted[MISSED];
                continue;
            }
            const double sigma = post.sigma + part * (post.sigma_far - post.sigma);
            const auto drawn = [&](uint64_t which) { return static_cast<double>(normal_of(mix(base + step(which)))); };
            add(sensor, o, s.x[o] + sigma * drawn(1), s.y[o] + sigma * drawn(2),
                s.speed[o] * std::sin(s.heading[o]) + post.speed_sigma * drawn(3),
                s.speed[o] * std::cos(s.heading[o]) + post.speed_sigma * drawn(4),
                s.heading[o] + post.heading_sigma * drawn(5), s.length[o], s.width[o], sigma);
        }
        if (post.false_alarms <= 0.0) return;
        const uint64_t base = mix(hash(~salt, post.id, static_cast<uint64_t>(moment)));
        // Poisson, by inversion.
        const double drawn = unit(mix(base));
        double chance = std::exp(-post.false_alarms), sum = chance;
        for (int count = 0; drawn >= sum && count < 1000; ) {
            ++count;
            ++counted[FALSE_ALARM];
            const auto part = [&](uint64_t which) { return unit(mix(base + step(8 * static_cast<uint64_t>(count) + which))); };
            const double distance = post.range * std::sqrt(static_cast<double>(part(0)));
            const double at = within(post, part(1)), speed = 15.0 * part(2), heading = TURN * part(3);
            const double sigma = post.sigma + distance / post.range * (post.sigma_far - post.sigma);
            add(sensor, -1, post.x + distance * std::sin(at), post.y + distance * std::cos(at),
                speed * std::sin(heading), speed * std::cos(heading), heading, 4.5, 1.8, sigma);
            chance *= post.false_alarms / count;
            sum += chance;
        }
    }

    // A bearing in the field of view.
    static double within(const Post& post, double part) {
        if (post.from.empty()) return TURN * part;
        double all = 0.0;
        for (double w : post.width) all += w;
        part *= all;
        for (size_t s = 0; s < post.width.size(); ++s) {
            if (part <= post.width[s] || s + 1 == post.width.size()) return post.from[s] + part;
            part -= post.width[s];
        }
        return 0.0;
    }

    void add(int sensor, int object, double x, double y, double vx, double vy, double heading, double length, double width,
             double sigma) {
        found.sensor.push_back(sensor);
        found.object.push_back(object);
        found.x.push_back(x);
        found.y.push_back(y);
        found.vx.push_back(vx);
        found.vy.push_back(vy);
        heading -= TURN * std::floor(heading / TURN);
        found.heading.push_back(heading);
        found.length.push_back(length);
        found.width.push_back(width);
        found.sigma.push_back(sigma);
    }
};

}  // namespace wayside
