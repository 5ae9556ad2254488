// Who can be heard by whom, and how loud: neighbour lists with a cached power per directed link.
//
// Lists hold every pair within the range and a skin, and are searched anew only when someone may have crossed the skin
// (Verlet lists, as molecular dynamics has them); in between, each link's power follows its two ends. A pair is done
// once, in the row of the end with the lower id, and written in both: links are reciprocal, and threads that share out
// the rows never write to the same place.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "bodies.hpp"
#include "crew.hpp"
#include "hashing.hpp"
#include "loss.hpp"
#include "walls.hpp"

namespace wayside {

class Links {
public:
    LossTables tables;
    Walls walls;
    Bodies bodies;
    std::vector<double> heights;  // m, antennas of each class
    float tall = 0.0f;            // share of trucks and buses among the vehicles
    double range = 0.0, skin = 0.0, decorrelation = 25.0, settle = 1.0;  // m
    double look = 10.0;  // m that a station moves before its links look for walls again
    float floor = -1e9f;  // dBm: below, a power need not be exact
    static constexpr uint64_t TURNS = 5;  // updates, so 0.5 s in a run, between two looks for vehicles in between
    uint64_t seed = 0;

    std::vector<int64_t> start;  // by station: where its row begins
    std::vector<int32_t> other;  // by link: the other end, ascending in a row
    std::vector<float> power;    // by link: mW at the other end
    std::vector<uint8_t> here;   // by station: takes part
    int count = 0;
    int64_t updates = 0, searches = 0;

    // Stations at x, y [m] with a stable id, class, emitted power [mW] and linear gain at reception each.
    void update(int n, const double* px, const double* py, const uint8_t* on, const uint64_t* ids,
                const uint8_t* classes, const float* emitted, const float* gain, int threads) {
        ++updates;
        x = px; y = py; kind = classes; id = ids; eirp = emitted; received = gain;
        bool crossed = n != count || start.empty();
        float most = 0.0f;
        if (!crossed) {
            for (int i = 0; i < n && !crossed; ++i) {
                crossed = on[i] && (!here[i] || ids[i] != last_id[i]);
                if (on[i]) most = std::max(most, squared(px[i] - at_x[i], py[i] - at_y[i]));
            }
            crossed = crossed || 4.0 * most > skin * skin;
            // Those who left need no search: their links fall silent.
            for (int i = 0; i < n && !crossed; ++i) if (here[i] && !on[i]) silence(i);
        }
        if (crossed) search(n, on, threads);
        moved.resize(n);
        keep.resize(n);
        for (int i = 0; i < n; ++i) {
            const float far = crossed && fresh[i] ? 1e9f : std::sqrt(squared(px[i] - last_x[i], py[i] - last_y[i]));
            // Standing queues cost nothing: below `settle` m nothing is computed anew.
            moved[i] = here[i] && far >= settle;
            keep[i] = moved[i] ? std::exp(-far / static_cast<float>(decorrelation)) : 1.0f;
            if (moved[i]) { last_x[i] = px[i]; last_y[i] = py[i]; }
        }
        if (!walls.empty()) {
            for (int i = 0; i < n; ++i) {
                blind[i] = here[i] && (fresh[i] || squared(px[i] - look_x[i], py[i] - look_y[i]) > look * look);
                if (blind[i]) { look_x[i] = px[i]; look_y[i] = py[i]; }
            }
        }
        share_out(count, threads, [this](int i) { refresh(i); });
        fresh.assign(n, 0);
    }

private:
    const double *x = nullptr, *y = nullptr;
    const uint8_t* kind = nullptr;
    const uint64_t* id = nullptr;
    const float *eirp = nullptr, *received = nullptr;
    std::vector<double> at_x, at_y, last_x, last_y;  // at the last search; at the last refresh
    std::vector<uint64_t> last_id;
    std::vector<uint8_t> moved, fresh, blind;  // blind: walls are to be looked for
    std::vector<double> look_x, look_y;         // at the last look for walls
    std::vector<float> keep;
    // By link, where the lower id's row has it: the shadow's present state in units of its deviation (NaN: new), loss
    // through walls in dB. And for every link the same one in the other direction.
    std::vector<float> shadow, wall;
    std::vector<Blocker> blocker;  // the same: what stands in between, where it is looked for
    std::vector<int64_t> mirror;

    static float squared(double dx, double dy) { return static_cast<float>(dx * dx + dy * dy); }

    static int trailing_zeros(uint64_t bits) { return __builtin_ctzll(bits); }

    void silence(int i) {
        here[i] = 0;
        for (int64_t k = start[i]; k < start[i + 1]; ++k) {
            power[k] = 0.0f;
            const auto row = other.begin() + start[other[k]], end = other.begin() + start[other[k] + 1];
            power[std::lower_bound(row, end, i) - other.begin()] = 0.0f;
        }
    }

    void search(int n, const uint8_t* on, int threads) {
        ++searches;
        const int known = count;
        std::vector<int64_t> old_start;
        std::vector<int32_t> old_other;
        std::vector<float> old_shadow, old_wall, old_power;
        std::vector<Blocker> old_blocker;
        old_start.swap(start); old_other.swap(other); old_shadow.swap(shadow); old_wall.swap(wall);
        old_power.swap(power); old_blocker.swap(blocker);
        std::vector<uint8_t> same(n, 0);
        fresh.assign(n, 0);
        for (int i = 0; i < n; ++i) {
            same[i] = i < known && on[i] && here[i] && last_id[i] == id[i];
            fresh[i] = on[i] && !same[i];
        }
        here.assign(on, on + n);
        last_id.resize(n);
        last_x.resize(n); last_y.resize(n);
        look_x.resize(n); look_y.resize(n);
        blind.resize(n);
        for (int i = 0; i < n; ++i) if (on[i]) last_id[i] = id[i];
        count = n;
        at_x.assign(x, x + n);
        at_y.assign(y, y + n);
        // Square cells of the reach, each sorted by station; a row of three of them is one stretch.
        const double reach = range + skin;
        double x0 = 1e300, y0 = 1e300, x1 = -1e300, y1 = -1e300;
        for (int i = 0; i < n; ++i) {
            if (!on[i]) continue;
            x0 = std::min(x0, x[i]); x1 = std::max(x1, x[i]);
            y0 = std::min(y0, y[i]); y1 = std::max(y1, y[i]);
        }
        double size = reach / 2.0;
        while (x1 > x0 && ((x1 - x0) / size + 1.0) * ((y1 - y0) / size + 1.0) > 1e6) size *= 2.0;
        const int columns = x1 >= x0 ? static_cast<int>((x1 - x0) / size) + 1 : 0;
        const int rows = x1 >= x0 ? static_cast<int>((y1 - y0) / size) + 1 : 0;
        std::vector<int> first(static_cast<size_t>(columns) * rows + 1, 0), inside;
        std::vector<int> cell(n, -1);
        for (int i = 0; i < n; ++i) {
            if (!on[i]) continue;
            cell[i] = static_cast<int>((y[i] - y0) / size) * columns + static_cast<int>((x[i] - x0) / size);
            ++first[cell[i] + 1];
        }
        for (size_t c = 1; c < first.size(); ++c) first[c] += first[c - 1];
        inside.resize(first.back());
        std::vector<double> at_cell_x(inside.size()), at_cell_y(inside.size());
        {
            std::vector<int> next(first.begin(), first.end() - 1);
            for (int i = 0; i < n; ++i) {
                if (cell[i] < 0) continue;
                const int k = next[cell[i]]++;
                inside[k] = i;
                at_cell_x[k] = x[i];
                at_cell_y[k] = y[i];
            }
        }
        const double limit = reach * reach;
        const int span = static_cast<int>(std::ceil(reach / size));
        // The stretches of `inside` about station i.
        auto stretches = [&](int i, auto&& visit) {
            const int cx = cell[i] % columns, cy = cell[i] / columns;
            for (int r = std::max(0, cy - span); r <= std::min(rows - 1, cy + span); ++r) {
                visit(first[r * columns + std::max(0, cx - span)],
                      first[r * columns + std::min(columns - 1, cx + span) + 1]);
            }
        };
        auto within = [&](int i, int k) {
            const double dx = at_cell_x[k] - x[i], dy = at_cell_y[k] - y[i];
            return dx * dx + dy * dy <= limit;
        };
        start.assign(n + 1, 0);
        share_out(n, threads, [&](int i) {
            if (cell[i] < 0) return;
            int64_t many = -1;  // itself
            stretches(i, [&](int from, int to) { for (int k = from; k < to; ++k) many += within(i, k); });
            start[i + 1] = many;
        });
        for (int i = 0; i < n; ++i) start[i + 1] += start[i];
        other.resize(start[n]);
        power.resize(start[n]);
        shadow.resize(start[n]);
        wall.resize(start[n]);
        if (bodies.looked_for) blocker.resize(start[n]);
        share_out(n, threads, [&](int i) {
            if (cell[i] < 0) return;
            // Sorted by a bit for each station: those found are few thousand at most, and near each other mostly.
            thread_local std::vector<uint64_t> found;
            found.assign((n + 63) / 64, 0);
            stretches(i, [&](int from, int to) {
                for (int k = from; k < to; ++k) {
                    found[inside[k] >> 6] |= static_cast<uint64_t>(within(i, k)) << (inside[k] & 63);
                }
            });
            found[i >> 6] &= ~(1ULL << (i & 63));
            int32_t* row = other.data() + start[i];
            for (size_t w = 0; w < found.size(); ++w) {
                for (uint64_t bits = found[w]; bits; bits &= bits - 1) {
                    *row++ = static_cast<int32_t>(w << 6) + trailing_zeros(bits);
                }
            }
            // What the last lists knew of the same pairs.
            int64_t o = same[i] ? old_start[i] : 0;
            const int64_t end = same[i] ? old_start[i + 1] : 0;
            for (int64_t m = start[i]; m < start[i + 1]; ++m) {
                while (o < end && old_other[o] < other[m]) ++o;
                const bool met = o < end && old_other[o] == other[m] && same[other[m]];
                shadow[m] = met ? old_shadow[o] : NAN;
                wall[m] = met ? old_wall[o] : NAN;
                power[m] = met ? old_power[o] : 0.0f;
                if (bodies.looked_for) blocker[m] = met ? old_blocker[o] : CLEAR;
            }
        });
        // Rows ascend, so the stations that row j lists come by in the order in which it lists them.
        mirror.resize(start[n]);
        std::vector<int64_t> next(start.begin(), start.end() - 1);
        for (int i = 0; i < n; ++i) {
            for (int64_t k = start[i]; k < start[i + 1]; ++k) mirror[k] = next[other[k]]++;
        }
        for (int i = 0; i < n; ++i) if (fresh[i]) { last_x[i] = x[i]; last_y[i] = y[i]; }
    }

    // What stands between the two ends of link k, as far as it matters: whether another kind of vehicle than before.
    bool look_at(int i, int j, int64_t k, float d, bool vehicles) {
        // What is 10 dB below the floor on the average needs no exact loss.
        const float most = std::max(eirp[i] * received[j], eirp[j] * received[i]);
        const float spare = 10.0f * std::log10(most) - tables.mean(d, kind[i], kind[j]) - floor + 10.0f;
        if (!walls.empty() && (blind[i] | blind[j] | std::isnan(wall[k]))) {
            wall[k] = walls.loss(x[i], y[i], x[j], y[j], spare);
        }
        if (!vehicles) return false;
        const Blocker before = blocker[k];
        const bool faint = !walls.empty() && wall[k] >= spare;
        blocker[k] = faint ? before
                           : bodies.between(i, x[i], y[i], heights[kind[i]], j, x[j], y[j], heights[kind[j]]);
        return blocker[k] != before;
    }

    void refresh(int i) {
        if (!here[i]) return;
        const Normal& gauss = normal();
        const bool with_walls = !walls.empty(), with_bodies = bodies.looked_for;
        // Others drive in between whether or not the two move: every row looks in its turn.
        const bool turn = with_bodies && (static_cast<uint64_t>(updates) + id[i]) % TURNS == 0;
        for (int64_t k = start[i]; k < start[i + 1]; ++k) {
            const int j = other[k];
            if (id[i] > id[j] || !here[j]) continue;
            const bool unknown = std::isnan(shadow[k]);
            const bool moves = moved[i] | moved[j] | unknown;
            if (!(moves | turn)) continue;
            const double dx = x[i] - x[j], dy = y[i] - y[j];
            const float d = std::sqrt(static_cast<float>(dx * dx + dy * dy));
            const bool in_range = d <= static_cast<float>(range);
            const bool for_walls = with_walls && (blind[i] | blind[j] | std::isnan(wall[k]));
            const bool for_bodies = with_bodies && (turn | unknown);
            bool changed = moves;
            if (in_range && (for_walls | for_bodies)) changed |= look_at(i, j, k, d, for_bodies);
            if (!changed) continue;
            const uint64_t link = pair_hash(seed, id[i], id[j]);
            // Gudmundson 1991, with both ends moving: R = exp(-(move + move') / D).
            const float fresh_part = gauss(mix(link + static_cast<uint64_t>(updates)));
            const float r = keep[i] * keep[j];
            shadow[k] = unknown ? fresh_part : r * shadow[k] + std::sqrt(std::max(0.0f, 1.0f - r * r)) * fresh_part;
            if (!in_range) {
                power[k] = power[mirror[k]] = 0.0f;
                wall[k] = NAN;
                continue;
            }
            const float lost = tables(d, kind[i], kind[j], link, shadow[k], with_bodies ? &blocker[k] : nullptr, tall);
            const float gain = from_db(-lost - (with_walls ? wall[k] : 0.0f));
            power[k] = eirp[i] * received[j] * gain;
            power[mirror[k]] = eirp[j] * received[i] * gain;
        }
    }
};

}  // namespace wayside
