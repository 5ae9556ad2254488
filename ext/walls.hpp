// Buildings between two antennas: 9 dB for each outer wall cut and 0.4 dB for each metre inside (Sommer, Eckhoff,
// German, Dressler 2011). Walls are found through a grid, built once; a ray visits only the cells it crosses.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "cells.hpp"

namespace wayside {

class Walls {
public:
    double per_wall = 9.0, per_metre = 0.4;  // dB, dB/m

    bool empty() const { return ax.empty(); }

    // Closed polygons: corner k of polygon p is at first[p] <= k < first[p + 1].
    void build(const double* x, const double* y, const int64_t* first, int64_t polygons, double cell) {
        ax.clear(); ay.clear(); bx.clear(); by.clear(); building.clear();
        double x0 = 1e300, y0 = 1e300, x1 = -1e300, y1 = -1e300;
        for (int64_t p = 0; p < polygons; ++p) {
            for (int64_t k = first[p]; k < first[p + 1]; ++k) {
                const int64_t m = k + 1 < first[p + 1] ? k + 1 : first[p];
                if (x[k] == x[m] && y[k] == y[m]) continue;
                ax.push_back(x[k]); ay.push_back(y[k]); bx.push_back(x[m]); by.push_back(y[m]);
                building.push_back(static_cast<int32_t>(p));
                x0 = std::min(x0, x[k]); x1 = std::max(x1, x[k]);
                y0 = std::min(y0, y[k]); y1 = std::max(y1, y[k]);
            }
        }
        if (ax.empty()) return;
        cells.shape(x0, y0, x1, y1, cell);
        cells.fill(ax.size(), [this](size_t w, auto&& visit) {
            cells.walk(ax[w], ay[w], bx[w], by[w], [&](size_t c) { visit(c); return true; });
        });
    }

    // dB between two points. Where it is more than `enough`, it is only said to be at least that much.
    float loss(double px, double py, double qx, double qy, double enough = 1e300) const {
        if (empty() || enough <= 0.0) return 0.0f;
        thread_local std::vector<Cut> cuts;
        cuts.clear();
        collect(px, py, qx, qy, enough, cuts);
        if (cuts.empty()) return 0.0f;
        const double through = per_wall * static_cast<double>(cuts.size());
        if (through >= enough) return static_cast<float>(through);
        std::sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) {
            return a.building != b.building ? a.building < b.building : a.at < b.at;
        });
        const double length = std::hypot(qx - px, qy - py);
        double inside = 0.0;
        for (size_t k = 0; k < cuts.size();) {
            size_t end = k;
            while (end < cuts.size() && cuts[end].building == cuts[k].building) ++end;
            // An odd number of cuts: one end stands inside. Which one, the parity of cuts beyond would tell; a station
            // inside a building is at its edge (a car park, a pole), so the shorter part is taken.
            size_t m = k;
            if ((end - k) % 2) {
                const double part = cuts[k].at < 1.0 - cuts[end - 1].at ? cuts[k].at : 1.0 - cuts[end - 1].at;
                inside += part * length;
                m = cuts[k].at < 1.0 - cuts[end - 1].at ? k + 1 : k;
            }
            for (; m + 1 < end; m += 2) inside += (cuts[m + 1].at - cuts[m].at) * length;
            k = end;
        }
        return static_cast<float>(through + per_metre * inside);
    }

private:
    struct Cut {
        double at;  // along the ray, 0 to 1
        int32_t building;
    };
    std::vector<double> ax, ay, bx, by;
    std::vector<int32_t> building;
    Cells cells;

    void collect(double px, double py, double qx, double qy, double enough, std::vector<Cut>& cuts) const {
        const double dx = qx - px, dy = qy - py;
        cells.walk(px, py, qx, qy, [&](size_t c) {
            for (const int32_t* k = cells.begin(c); k < cells.end(c); ++k) {
                const int w = *k;
                const double wx = bx[w] - ax[w], wy = by[w] - ay[w];
                const double determinant = dx * wy - dy * wx;
                if (determinant == 0.0) continue;
                const double t = ((ax[w] - px) * wy - (ay[w] - py) * wx) / determinant;
                const double u = ((ax[w] - px) * dy - (ay[w] - py) * dx) / determinant;
                // Half open, so that a ray through a corner cuts one of its two walls.
                if (t < 0.0 || t > 1.0 || u < 0.0 || u >= 1.0) continue;
                // A wall lies in several cells; it counts in the one where it is cut.
                if (cells.at(px + t * dx, py + t * dy) == c) cuts.push_back({t, building[w]});
            }
            return per_wall * static_cast<double>(cuts.size()) < enough;
        });
    }
};

}  // namespace wayside
