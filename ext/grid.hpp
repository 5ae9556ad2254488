// Points in the plane, sorted into square cells, and the loops that look for those within a radius of a centre.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "clones.hpp"
#include "within.hpp"

namespace wayside {

struct Grid {
    explicit Grid(double cell) : cell(cell) {}

    double cell;  // m, the least edge of a cell
    double x0 = 0.0, y0 = 0.0, cells_per_metre = 0.0;
    double spread = 0.0;  // m, the greatest coordinate from x0, y0
    int columns = 0, rows = 0, count = 0;
    std::vector<int> start, order;
    std::vector<double> x, y;                    // by cell, row by row
    std::vector<float> single_x, single_y;       // the same, from x0, y0
    std::vector<int> point, cell_of;  // these and the next two kept for their room
    std::vector<double> from_x, from_y;

    int column(double at) const { return static_cast<int>((at - x0) * cells_per_metre); }
    int row(double at) const { return static_cast<int>((at - y0) * cells_per_metre); }
};

// The cells that a disc may touch: rows bottom..top, columns low..high; none where high < low or top < bottom.
struct Window {
    int low, high, bottom, top;
};

static inline int first(double cell, int cells) {
    return cell < 0.0 ? 0 : (cell >= cells ? cells : static_cast<int>(cell));
}

static inline int last(double cell, int cells) {
    return cell < 0.0 ? -1 : (cell >= cells ? cells - 1 : static_cast<int>(cell));
}

static inline Window window(const Grid& g, double cx, double cy, double radius) {
    if (g.columns == 1 && g.rows == 1) {
        return {0, 0, 0, 0};
    }
    // A little more than the radius, so that no cell is left out by rounding.
    const double reach =
        radius + 1e-9 * (radius + std::fabs(cx) + std::fabs(cy) + std::fabs(g.x0) + std::fabs(g.y0)) + 1e-300;
    return {
        first(std::floor((cx - reach - g.x0) * g.cells_per_metre), g.columns),
        last(std::floor((cx + reach - g.x0) * g.cells_per_metre), g.columns),
        first(std::floor((cy - reach - g.y0) * g.cells_per_metre), g.rows),
        last(std::floor((cy + reach - g.y0) * g.cells_per_metre), g.rows),
    };
}

// Points for each cell, at the least: with fewer, looking cells up would cost more than looking the points through.
constexpr int POINTS_PER_CELL = 16;
constexpr int FEW = 640;  // points that are in one cell

// The least and the greatest of n > 0 values; eight chains, since each comparison has to wait for the last.
WAYSIDE_CLONES static void bounds(const double* values, int n, double& least, double& greatest) {
    double low[8], high[8];
    std::fill_n(low, 8, values[0]);
    std::fill_n(high, 8, values[0]);
    for (int k = 0; k + 8 <= n; k += 8) {
        for (int lane = 0; lane < 8; ++lane) {
            low[lane] = std::min(low[lane], values[k + lane]);
            high[lane] = std::max(high[lane], values[k + lane]);
        }
    }
    least = *std::min_element(low, low + 8);
    greatest = *std::max_element(high, high + 8);
    for (int k = n / 8 * 8; k < n; ++k) {
        least = std::min(least, values[k]);
        greatest = std::max(greatest, values[k]);
    }
}

inline void build(Grid& g, const double* x, const double* y, const unsigned char* present, int n) {
    g.point.resize(n);
    int count = 0;
    for (int i = 0; i < n; ++i) {
        g.point[count] = i;
        count += present[i] != 0;
    }
    g.count = count;
    g.from_x.resize(count);
    g.from_y.resize(count);
    for (int k = 0; k < count; ++k) {
        g.from_x[k] = x[g.point[k]];
        g.from_y[k] = y[g.point[k]];
    }
    double xmin = 0.0, xmax = 0.0, ymin = 0.0, ymax = 0.0;
    if (count > 0) {
        bounds(g.from_x.data(), count, xmin, xmax);
        bounds(g.from_y.data(), count, ymin, ymax);
    }
    g.x0 = xmin;
    g.y0 = ymin;
    g.spread = std::max(xmax - xmin, ymax - ymin);
    double size = g.cell;
    const double most = count <= FEW ? 1 : std::max(1, count / POINTS_PER_CELL);
    while (size < g.spread && std::floor((xmax - xmin) / size + 1.0) * std::floor((ymax - ymin) / size + 1.0) > most) {
        size *= 2.0;
    }
    g.cells_per_metre = 1.0 / size;
    g.columns = g.column(xmax) + 1;
    g.rows = g.row(ymax) + 1;
    const int cells = g.columns * g.rows;
    g.start.assign(cells + 1, 0);
    g.start[cells] = count;
    g.single_x.resize(count);
    g.single_y.resize(count);
    if (cells == 1) {
        g.order.swap(g.point);
        g.x.swap(g.from_x);
        g.y.swap(g.from_y);
    } else {
        g.order.resize(count);
        g.x.resize(count);
        g.y.resize(count);
        g.cell_of.resize(count);
        for (int k = 0; k < count; ++k) {
            const int c = g.row(g.from_y[k]) * g.columns + g.column(g.from_x[k]);
            g.cell_of[k] = c;
            ++g.start[c];
        }
        int sum = 0;
        for (int c = 0; c < cells; ++c) {
            sum += g.start[c];
            g.start[c] = sum;
        }
        // Filled from the back, so that points of one cell keep their order and each start ends where its cell begins.
        for (int k = count - 1; k >= 0; --k) {
            const int to = --g.start[g.cell_of[k]];
            g.order[to] = g.point[k];
            g.x[to] = g.from_x[k];
            g.y[to] = g.from_y[k];
        }
    }
    for (int k = 0; k < count; ++k) {
        g.single_x[k] = static_cast<float>(g.x[k] - g.x0);
        g.single_y[k] = static_cast<float>(g.y[k] - g.y0);
    }
}

// How many points lie within `radius` of each of n centres: x[i], y[i] with i = which[k], or k without `which`.
//
// Looked through in single precision: a distance then lies within `doubt` of the true one, and only where a point is
// that near to the radius does the count need the doubles. So it is exact.
static long long count_within(
    const Grid& g, const double* x, const double* y, const int* which, long long n, double radius, int* counts
) {
    const double limit = radius * radius;
    long long total = 0;
    for (long long k = 0; k < n; ++k) {
        const long long i = which != nullptr ? which[k] : k;
        const double cx = x[i], cy = y[i];
        const Window w = window(g, cx, cy, radius);
        // Four roundings to 2^-24 of a coordinate, two of the result: 1e-6 is more than all of them together.
        const double doubt = 1e-6 * (g.spread + std::fabs(cx - g.x0) + std::fabs(cy - g.y0) + radius);
        const bool rough = doubt < radius && doubt < 1e9 && radius > 1e-9;  // where single precision says anything
        int found = 0, perhaps = 1;
        if (rough) {
            const float fx = static_cast<float>(cx - g.x0), fy = static_cast<float>(cy - g.y0);
            const float surely = static_cast<float>((radius - doubt) * (radius - doubt));
            const float maybe = static_cast<float>((radius + doubt) * (radius + doubt));
            found = perhaps = 0;
            for (int row = w.bottom; row <= w.top && w.low <= w.high; ++row) {
                const int begin = g.start[row * g.columns + w.low], end = g.start[row * g.columns + w.high + 1];
                const float* px = g.single_x.data() + begin;
                const float* py = g.single_y.data() + begin;
                const Near near = count_near(px, py, end - begin, fx, fy, surely, maybe);
                found += near.inside;
                perhaps |= near.doubtful;
            }
        }
        if (perhaps != 0) {
            found = 0;
            for (int row = w.bottom; row <= w.top && w.low <= w.high; ++row) {
                const int end = g.start[row * g.columns + w.high + 1];
                for (int j = g.start[row * g.columns + w.low]; j < end; ++j) {
                    const double dx = g.x[j] - cx, dy = g.y[j] - cy;
                    found += dx * dx + dy * dy <= limit;
                }
            }
        }
        counts[k] = found;
        total += found;
    }
    return total;
}

// Pairs found, with room for more; kept from call to call.
struct Pairs {
    std::vector<int> centre, point;
    size_t count = 0;

    void reserve(size_t more) {
        if (count + more > centre.size()) {
            centre.resize(2 * (count + more));
            point.resize(2 * (count + more));
        }
    }
};

static inline int lowest_bit(std::uint64_t bits) {
#if defined(__GNUC__)
    return __builtin_ctzll(bits);
#else
    int at = 0;
    for (; (bits & 1) == 0; bits >>= 1) {
        ++at;
    }
    return at;
#endif
}

// Which of n points lie within sqrt(limit) of a centre: calls hit(k) for each, ascending.
template <typename Hit>
static inline void look_through(const double* x, const double* y, int n, double cx, double cy, double limit, Hit hit) {
    for (int from = 0; from < n; from += 64) {
        std::uint64_t hits = mark_near(x + from, y + from, std::min(64, n - from), cx, cy, limit);
        for (; hits != 0; hits &= hits - 1) {
            hit(from + lowest_bit(hits));
        }
    }
}

// All pairs (k, point) within `radius` of centre k, ascending by k; centres as for count_within.
static void pairs_within(
    const Grid& g, const double* x, const double* y, const int* which, long long n, double radius, Pairs& pairs
) {
    pairs.count = 0;
    for (long long k = 0; k < n; ++k) {
        const long long i = which != nullptr ? which[k] : k;
        const Window w = window(g, x[i], y[i], radius);
        for (int row = w.bottom; row <= w.top && w.low <= w.high; ++row) {
            const int begin = g.start[row * g.columns + w.low], end = g.start[row * g.columns + w.high + 1];
            pairs.reserve(end - begin);
            look_through(g.x.data() + begin, g.y.data() + begin, end - begin, x[i], y[i], radius * radius, [&](int j) {
                pairs.centre[pairs.count] = static_cast<int>(k);
                pairs.point[pairs.count++] = g.order[begin + j];
            });
        }
    }
}

// Points that stay where they are and are few beside the centres: the centres are looked through for each of them.
struct Posts {
    std::vector<int> number;
    std::vector<double> x, y, centre_x, centre_y;  // the latter two kept for their room
};

// All pairs (centre k, post) at most `radius` apart, ascending by post and then by k; centres as for count_within.
static void pairs_within(
    Posts& posts, const double* x, const double* y, const int* which, long long n, double radius, Pairs& pairs
) {
    pairs.count = 0;
    if (which != nullptr) {
        posts.centre_x.resize(n);
        posts.centre_y.resize(n);
        for (long long k = 0; k < n; ++k) {
            posts.centre_x[k] = x[which[k]];
            posts.centre_y[k] = y[which[k]];
        }
        x = posts.centre_x.data();
        y = posts.centre_y.data();
    }
    for (size_t post = 0; post < posts.number.size(); ++post) {
        pairs.reserve(n);
        look_through(x, y, static_cast<int>(n), posts.x[post], posts.y[post], radius * radius, [&](int k) {
            pairs.centre[pairs.count] = k;
            pairs.point[pairs.count++] = posts.number[post];
        });
    }
}

}  // namespace wayside
