// Buildings between two antennas: 9 dB for each outer wall cut and 0.4 dB for each metre inside (Sommer, Eckhoff,
// German, Dressler 2011). Walls are found through a grid, built once; a ray visits only the cells it crosses.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace wayside {

class Walls {
public:
    double per_wall = 9.0, per_metre = 0.4;  // dB, dB/m

    bool empty() const { return ax.empty(); }

    // Closed polygons: corner k of polygon p is at first[p] <= k < first[p + 1].
    void build(const double* x, const double* y, const int64_t* first, int64_t polygons, double cell) {
        ax.clear(); ay.clear(); bx.clear(); by.clear(); building.clear();
        size = cell;
        x0 = y0 = 1e300;
        double x1 = -1e300, y1 = -1e300;
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
        while (((x1 - x0) / size + 1.0) * ((y1 - y0) / size + 1.0) > 4e6) size *= 2.0;
        columns = static_cast<int>((x1 - x0) / size) + 1;
        rows = static_cast<int>((y1 - y0) / size) + 1;
        start.assign(static_cast<size_t>(columns) * rows + 1, 0);
        for (size_t w = 0; w < ax.size(); ++w) cells(w, [this](size_t c) { ++start[c + 1]; });
        for (size_t c = 1; c < start.size(); ++c) start[c] += start[c - 1];
        wall.resize(start.back());
        std::vector<int64_t> next(start.begin(), start.end() - 1);
        for (size_t w = 0; w < ax.size(); ++w) {
            cells(w, [&](size_t c) { wall[next[c]++] = static_cast<int32_t>(w); });
        }
    }

    // dB between two points.
    float loss(double px, double py, double qx, double qy) const {
        if (empty()) return 0.0f;
        thread_local std::vector<Cut> cuts;
        cuts.clear();
        collect(px, py, qx, qy, cuts);
        if (cuts.empty()) return 0.0f;
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
        return static_cast<float>(per_wall * static_cast<double>(cuts.size()) + per_metre * inside);
    }

private:
    struct Cut {
        double at;  // along the ray, 0 to 1
        int32_t building;
    };
    std::vector<double> ax, ay, bx, by;
    std::vector<int32_t> building, wall;
    std::vector<int64_t> start;
    double x0 = 0.0, y0 = 0.0, size = 50.0;
    int columns = 0, rows = 0;

    template <typename F>
    void cells(size_t w, F&& visit) const {
        walk(ax[w], ay[w], bx[w], by[w], visit);
    }

    // The cells that a segment crosses: row by row, the columns that its part in the row spans.
    template <typename F>
    void walk(double px, double py, double qx, double qy, F&& visit) const {
        if (py > qy) { std::swap(px, qx); std::swap(py, qy); }
        const double slack = 1e-9 * (size + std::fabs(px) + std::fabs(py) + std::fabs(qx) + std::fabs(qy));
        const double top = y0 + rows * size;
        if (qy < y0 - slack || py > top + slack) return;
        const int r0 = std::max(0, static_cast<int>(std::floor((py - slack - y0) / size)));
        const int r1 = std::min(rows - 1, static_cast<int>(std::floor((qy + slack - y0) / size)));
        const double slope = qy > py ? (qx - px) / (qy - py) : 0.0;
        for (int r = r0; r <= r1; ++r) {
            double a = px, b = qx;
            if (qy > py) {
                const double low = std::max(py, y0 + r * size - slack), high = std::min(qy, y0 + (r + 1) * size + slack);
                a = px + (low - py) * slope;
                b = px + (high - py) * slope;
            }
            if (a > b) std::swap(a, b);
            const double wide = slack * (1.0 + std::fabs(slope));
            const double left = std::floor((a - wide - x0) / size), right = std::floor((b + wide - x0) / size);
            if (right < 0.0 || left >= columns) continue;
            const int c0 = static_cast<int>(std::max(0.0, left)), c1 = static_cast<int>(std::min(columns - 1.0, right));
            for (int c = c0; c <= c1; ++c) visit(static_cast<size_t>(r) * columns + c);
        }
    }

    void collect(double px, double py, double qx, double qy, std::vector<Cut>& cuts) const {
        const double dx = qx - px, dy = qy - py;
        walk(px, py, qx, qy, [&](size_t c) {
            for (int64_t k = start[c]; k < start[c + 1]; ++k) {
                const int w = wall[k];
                const double wx = bx[w] - ax[w], wy = by[w] - ay[w];
                const double determinant = dx * wy - dy * wx;
                if (determinant == 0.0) continue;
                const double t = ((ax[w] - px) * wy - (ay[w] - py) * wx) / determinant;
                const double u = ((ax[w] - px) * dy - (ay[w] - py) * dx) / determinant;
                // Half open, so that a ray through a corner cuts one of its two walls.
                if (t < 0.0 || t > 1.0 || u < 0.0 || u >= 1.0) continue;
                // A wall lies in several cells; it counts in the one where it is cut.
                const double at_x = px + t * dx, at_y = py + t * dy;
                const int column = std::clamp(static_cast<int>((at_x - x0) / size), 0, columns - 1);
                const int row = std::clamp(static_cast<int>((at_y - y0) / size), 0, rows - 1);
                if (static_cast<size_t>(row) * columns + column == c) cuts.push_back({t, building[w]});
            }
        });
    }
};

}  // namespace wayside
