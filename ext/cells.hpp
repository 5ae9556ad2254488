// A plane cut into square cells, and the cells that a line crosses: how walls and vehicles in between are found.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace wayside {

class Cells {
public:
    // Over this box [m], in cells of `side` m, or larger ones where there would be too many; nothing is in them.
    void shape(double left, double low, double right, double high, double side) {
        x0 = left; y0 = low; size = side;
        while (((right - x0) / size + 1.0) * ((high - y0) / size + 1.0) > 4e6) size *= 2.0;
        columns = static_cast<int>((right - x0) / size) + 1;
        rows = static_cast<int>((high - y0) / size) + 1;
        start.assign(static_cast<size_t>(columns) * rows + 1, 0);
    }

    // Things 0 to n - 1: `where(k, visit)` calls visit(cell) for each cell that k is in, the same ones each time.
    template <typename F>
    void fill(size_t n, F&& where) {
        for (size_t k = 0; k < n; ++k) where(k, [this](size_t c) { ++start[c + 1]; });
        for (size_t c = 1; c < start.size(); ++c) start[c] += start[c - 1];
        thing.resize(start.back());
        next.assign(start.begin(), start.end() - 1);
        for (size_t k = 0; k < n; ++k) {
            where(k, [this, k](size_t c) { thing[next[c]++] = static_cast<int32_t>(k); });
        }
    }

    const int32_t* begin(size_t c) const { return thing.data() + start[c]; }
    const int32_t* end(size_t c) const { return thing.data() + start[c + 1]; }

    // The cell of a point; of one outside the nearest.
    size_t at(double x, double y) const {
        const int column = std::clamp(static_cast<int>((x - x0) / size), 0, columns - 1);
        const int row = std::clamp(static_cast<int>((y - y0) / size), 0, rows - 1);
        return static_cast<size_t>(row) * columns + column;
    }

    template <typename F>
    void box(double left, double low, double right, double high, F&& visit) const {
        const int c0 = std::max(0, static_cast<int>((left - x0) / size));
        const int c1 = std::min(columns - 1, static_cast<int>((right - x0) / size));
        const int r0 = std::max(0, static_cast<int>((low - y0) / size));
        const int r1 = std::min(rows - 1, static_cast<int>((high - y0) / size));
        for (int r = r0; r <= r1; ++r) for (int c = c0; c <= c1; ++c) visit(static_cast<size_t>(r) * columns + c);
    }

    // The cells that a segment crosses: row by row, the columns that its part in the row spans. `visit` answers
    // whether to go on.
    template <typename F>
    void walk(double px, double py, double qx, double qy, F&& visit) const {
        if (py > qy) { std::swap(px, qx); std::swap(py, qy); }
        const double slack = 1e-9 * (size + std::fabs(px) + std::fabs(py) + std::fabs(qx) + std::fabs(qy));
        const double top = y0 + rows * size;
        if (qy < y0 - slack || py > top + slack) return;
        const int r0 = std::max(0, static_cast<int>(std::floor((py - slack - y0) / size)));
        const int r1 = std::min(rows - 1, static_cast<int>(std::floor((qy + slack - y0) / size)));
        const double slope = qy > py ? (qx - px) / (qy - py) : 0.0;
        const double wide = slack * (1.0 + std::fabs(slope));
        for (int r = r0; r <= r1; ++r) {
            double a = px, b = qx;
            if (qy > py) {
                const double low = std::max(py, y0 + r * size - slack);
                const double high = std::min(qy, y0 + (r + 1) * size + slack);
                a = px + (low - py) * slope;
                b = px + (high - py) * slope;
            }
            if (a > b) std::swap(a, b);
            const double left = std::floor((a - wide - x0) / size), right = std::floor((b + wide - x0) / size);
            if (right < 0.0 || left >= columns) continue;
            const int c0 = static_cast<int>(std::max(0.0, left)), c1 = static_cast<int>(std::min(columns - 1.0, right));
            for (int c = c0; c <= c1; ++c) if (!visit(static_cast<size_t>(r) * columns + c)) return;
        }
    }

private:
    double x0 = 0.0, y0 = 0.0, size = 50.0;
    int columns = 0, rows = 0;
    std::vector<int64_t> start, next;
    std::vector<int32_t> thing;
};

}  // namespace wayside
