// Vehicles as boxes that stand in between two antennas: TR 37.885 clause 6.1.2 has cars of 5.0 x 2.0 x 1.6 m and trucks
// and buses of 13.0 x 2.6 x 3.0 m.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "cells.hpp"

namespace wayside {

enum Blocker : uint8_t { CLEAR, LOW, HIGH };

class Bodies {
public:
    bool looked_for = false;  // whether links look for them at all

    // Vehicle k's front is at x, y on ground z [m] high, where it is there; its station on the air is first + k. Where it heads shows in
    // how it moves; one that has not moved yet is a square.
    void place(int64_t n, const double* x, const double* y, const double* z, const uint8_t* there, const uint8_t* tall,
               int first_station) {
        first = first_station;
        const size_t known = body.size();
        body.resize(n);
        double x0 = 1e300, y0 = 1e300, x1 = -1e300, y1 = -1e300;
        for (int64_t k = 0; k < n; ++k) {
            Body& b = body[k];
            const bool was = static_cast<size_t>(k) < known && b.there;
            b.there = there[k];
            if (!b.there) continue;
            const double dx = x[k] - b.x, dy = y[k] - b.y, far = std::hypot(dx, dy);
            if (!was || far > JUMP) { b.ux = 1.0; b.uy = 0.0; b.length = 0.0; b.x = x[k]; b.y = y[k]; }
            else if (far > MOVED) {
                b.ux = dx / far; b.uy = dy / far; b.x = x[k]; b.y = y[k];
                b.length = tall[k] ? 13.0 : 5.0;
            }
            b.base = z[k];
            b.half = tall[k] ? 1.3 : 1.0;
            b.height = tall[k] ? 3.0 : 1.6;
            if (b.length == 0.0) b.length = 2.0 * b.half;
            x0 = std::min(x0, b.x - 14.0); x1 = std::max(x1, b.x + 14.0);
            y0 = std::min(y0, b.y - 14.0); y1 = std::max(y1, b.y + 14.0);
        }
        any = x1 >= x0;
        if (!any) return;
        cells.shape(x0, y0, x1, y1, CELL);
        cells.fill(body.size(), [this](size_t k, auto&& visit) {
            const Body& b = body[k];
            if (!b.there) return;
            const double tx = b.x - b.length * b.ux, ty = b.y - b.length * b.uy;
            cells.box(std::min(b.x, tx) - b.half, std::min(b.y, ty) - b.half, std::max(b.x, tx) + b.half,
                      std::max(b.y, ty) + b.half, visit);
        });
    }

    // The tallest body that the line between two stations' antennas, h and g [m] above 0, goes through.
    Blocker between(int i, double px, double py, double h, int j, double qx, double qy, double g) const {
        Blocker found = CLEAR;
        if (!any) return found;
        const int own = i - first, others = j - first;
        cells.walk(px, py, qx, qy, [&](size_t c) {
            for (const int32_t* k = cells.begin(c); k < cells.end(c); ++k) {
                if (*k == own || *k == others) continue;
                const Body& b = body[*k];
                if ((found == CLEAR || b.height > 2.0) && cuts(b, px, py, h, qx, qy, g)) {
                    found = b.height > 2.0 ? HIGH : LOW;
                    if (found == HIGH) return false;
                }
            }
            return true;
        });
        return found;
    }

private:
    static constexpr double CELL = 20.0, MOVED = 0.3, JUMP = 30.0;  // m
    struct Body {
        double x, y, ux, uy, length, half, height, base;
        bool there = false;
    };
    std::vector<Body> body;
    Cells cells;
    int first = 0;
    bool any = false;

    // The part of the line over the body's outline (Liang and Barsky 1984), and whether it meets the body there: not
    // above its roof, nor below the bridge that it stands on.
    static bool cuts(const Body& b, double px, double py, double h, double qx, double qy, double g) {
        const double dx = qx - px, dy = qy - py;
        const double along = (b.x - px) * b.ux + (b.y - py) * b.uy, run = dx * b.ux + dy * b.uy;
        const double aside = (b.x - px) * b.uy - (b.y - py) * b.ux, drift = dx * b.uy - dy * b.ux;
        double from = 0.0, to = 1.0;
        if (!clip(along - b.length, along, run, from, to)) return false;
        if (!clip(aside - b.half, aside + b.half, drift, from, to)) return false;
        const double one = h + (g - h) * from, two = h + (g - h) * to;
        return std::min(one, two) < b.base + b.height && std::max(one, two) > b.base;
    }

    // Of t in [from, to], those with low <= t * rate <= high.
    static bool clip(double low, double high, double rate, double& from, double& to) {
        if (rate == 0.0) return low <= 0.0 && high >= 0.0;
        double a = low / rate, b = high / rate;
        if (a > b) std::swap(a, b);
        from = std::max(from, a);
        to = std::min(to, b);
        return from < to;
    }
};

}  // namespace wayside
