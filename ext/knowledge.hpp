// Who knows of whom by what third parties have told: vehicles that have received messages, and the road users in them.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "grid.hpp"

namespace wayside {

class Knowledge {
public:
    // What is told of one road user by one source: in which of the last ticks (bit k: k ticks ago), and how far the
    // newest of it is from the truth.
    struct Told {
        int source;
        uint32_t ticks;
        int newest;
        double error;
    };

    std::vector<int> knower, known;        // pairs: rows of the receivers and of the road users
    std::vector<double> error;             // m, NaN where the one does not know of the other
    std::vector<int> by;                   // the source whose word is the newest, or -1

    Knowledge() : grid(50.0) {}

    // Objects as told: by which source, so many ticks ago, where they would be now. Each is the nearest road user within
    // `gate` m. Receivers look at the road users within `within` m of them; received: receivers x sources, the ticks in
    // which each has received something of a source.
    void look(const int* source, const int* ago, const double* x, const double* y, int objects, const double* user_x,
              const double* user_y, const unsigned char* there, int users, double gate, const double* at_x,
              const double* at_y, const unsigned char* listens, int receivers, const uint32_t* received, int sources,
              double within) {
        build(grid, user_x, user_y, there, users);
        told.assign(users, {});
        for (int o = 0; o < objects; ++o) {
            if (ago[o] < 0 || ago[o] >= 32) continue;
            double nearest = gate * gate;
            int best = -1;
            const Window w = window(grid, x[o], y[o], gate);
            for (int row = w.bottom; row <= w.top && w.low <= w.high; ++row) {
                const int end = grid.start[row * grid.columns + w.high + 1];
                for (int j = grid.start[row * grid.columns + w.low]; j < end; ++j) {
                    const double dx = grid.x[j] - x[o], dy = grid.y[j] - y[o], square = dx * dx + dy * dy;
                    if (square < nearest || (square == nearest && grid.order[j] < best)) {
                        nearest = square;
                        best = grid.order[j];
                    }
                }
            }
            if (best < 0) continue;
            const uint32_t bit = uint32_t{1} << ago[o];
            Told* mine = nullptr;
            for (Told& one : told[best]) if (one.source == source[o]) mine = &one;
            if (!mine) {
                told[best].push_back({source[o], bit, ago[o], std::sqrt(nearest)});
                continue;
            }
            mine->ticks |= bit;
            if (ago[o] < mine->newest) {
                mine->newest = ago[o];
                mine->error = std::sqrt(nearest);
            }
        }
        knower.clear();
        known.clear();
        error.clear();
        by.clear();
        for (int v = 0; v < receivers; ++v) {
            if (!listens[v]) continue;
            const Window w = window(grid, at_x[v], at_y[v], within);
            for (int row = w.bottom; row <= w.top && w.low <= w.high; ++row) {
                const int end = grid.start[row * grid.columns + w.high + 1];
                for (int j = grid.start[row * grid.columns + w.low]; j < end; ++j) {
                    const double dx = grid.x[j] - at_x[v], dy = grid.y[j] - at_y[v];
                    if (dx * dx + dy * dy > within * within) continue;
                    const int user = grid.order[j];
                    int newest = 32, whose = -1;
                    double off = std::nan("");
                    for (const Told& one : told[user]) {
                        const uint32_t common = one.ticks & received[static_cast<size_t>(v) * sources + one.source];
                        if (!common) continue;
                        const int ago_it = lowest_bit(common);
                        if (ago_it < newest || (ago_it == newest && one.source < whose)) {
                            newest = ago_it;
                            whose = one.source;
                            off = one.error;
                        }
                    }
                    knower.push_back(v);
                    known.push_back(user);
                    error.push_back(off);
                    by.push_back(whose);
                }
            }
        }
    }

private:
    Grid grid;
    std::vector<std::vector<Told>> told;
};

}  // namespace wayside
