// Who can be heard by whom, and how loud: neighbour lists with a cached power per directed link.
//
// Lists hold every pair within the range and a skin, and are searched anew only when someone may have crossed the skin
// (Verlet lists, as molecular dynamics has them); in between, each link's power follows its two ends. A pair is computed
// once, in the row of the end with the lower id, and written in both: links are reciprocal, and threads that share out
// the rows never write to the same place.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "hashing.hpp"
#include "walls.hpp"

namespace wayside {

// 10^(x/10), by 2^n of the whole part and a polynomial of the rest: to 1e-6 (relative), the same on every machine.
inline float from_db(float db) {
    const float e = std::min(std::max(db * 0.33219281f, -126.0f), 126.0f);
    const float whole = std::floor(e);
    const float r = e - whole;
    const float p =
        1.0f + r * (0.69314720f + r * (0.24022651f + r * (0.05550357f + r * (0.00961813f + r * (0.00133336f + r * 0.00015469f)))));
    const int32_t bits = (static_cast<int32_t>(whole) + 127) << 23;
    float scale;
    std::memcpy(&scale, &bits, 4);
    return p * scale;
}

// Over distance, in steps of `step` m, for each unordered pair of classes of stations.
struct LossTables {
    int classes = 0, steps = 0;
    float step = 1.0f;
    std::vector<float> loss, deviation;                 // dB: line of sight, and its shadowing
    std::vector<float> sight;                           // probability of a line of sight; empty: always
    std::vector<float> blocked, spread, blocked_deviation;  // dB: NLOSv's mean, its spread, and its shadowing
};

class Links {
public:
    LossTables tables;
    Walls walls;
    double range = 0.0, skin = 0.0, decorrelation = 25.0, settle = 1.0;  // m
    double look = 10.0;  // m that a station moves before its links look for walls again
    uint64_t seed = 0;

    std::vector<int64_t> start;  // by station: where its row begins
    std::vector<int32_t> other;  // by link: the other end, ascending in a row
    std::vector<float> power;    // by link: mW at the other end
    std::vector<uint8_t> here;   // by station: takes part
    int count = 0;
    int64_t updates = 0, searches = 0, computed = 0;

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
        each_row(threads, [this](int i) { refresh(i); });
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
    std::vector<int64_t> mirror;

    static float squared(double dx, double dy) { return static_cast<float>(dx * dx + dy * dy); }

    template <typename F>
    void each_row(int threads, F&& work) {
        const int n = count;
        if (threads < 2 || n < 256) {
            for (int i = 0; i < n; ++i) work(i);
            return;
        }
        std::vector<std::thread> crew;
        for (int t = 0; t < threads; ++t) {
            crew.emplace_back([&work, n, t, threads] { for (int i = t; i < n; i += threads) work(i); });
        }
        for (auto& one : crew) one.join();
    }

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
        old_start.swap(start); old_other.swap(other); old_shadow.swap(shadow); old_wall.swap(wall);
        old_power.swap(power);
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
        {
            std::vector<int> next(first.begin(), first.end() - 1);
            for (int i = 0; i < n; ++i) if (cell[i] >= 0) inside[next[cell[i]]++] = i;
        }
        const double limit = reach * reach;
        const int span = static_cast<int>(std::ceil(reach / size));
        auto near = [&](int i, auto&& found) {
            const int cx = cell[i] % columns, cy = cell[i] / columns;
            for (int r = std::max(0, cy - span); r <= std::min(rows - 1, cy + span); ++r) {
                const int from = first[r * columns + std::max(0, cx - span)];
                const int to = first[r * columns + std::min(columns - 1, cx + span) + 1];
                for (int k = from; k < to; ++k) {
                    const int j = inside[k];
                    const double dx = x[j] - x[i], dy = y[j] - y[i];
                    if (dx * dx + dy * dy <= limit && j != i) found(j);
                }
            }
        };
        start.assign(n + 1, 0);
        each_row(threads, [&](int i) {
            int64_t many = 0;
            if (cell[i] >= 0) near(i, [&](int) { ++many; });
            start[i + 1] = many;
        });
        for (int i = 0; i < n; ++i) start[i + 1] += start[i];
        other.resize(start[n]);
        power.resize(start[n]);
        shadow.resize(start[n]);
        wall.resize(start[n]);
        each_row(threads, [&](int i) {
            if (cell[i] < 0) return;
            int32_t* row = other.data() + start[i];
            int64_t k = 0;
            near(i, [&](int j) { row[k++] = j; });
            std::sort(row, row + k);
            // What the last lists knew of the same pairs.
            int64_t o = same[i] ? old_start[i] : 0;
            const int64_t end = same[i] ? old_start[i + 1] : 0;
            for (int64_t m = start[i]; m < start[i + 1]; ++m) {
                while (o < end && old_other[o] < other[m]) ++o;
                const bool met = o < end && old_other[o] == other[m] && same[other[m]];
                shadow[m] = met ? old_shadow[o] : NAN;
                wall[m] = met ? old_wall[o] : NAN;
                power[m] = met ? old_power[o] : 0.0f;
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

    void refresh(int i) {
        if (!here[i]) return;
        const Normal& gauss = normal();
        const float inverse = 1.0f / tables.step;
        const bool with_walls = !walls.empty();
        const float last = static_cast<float>(tables.steps - 2);
        for (int64_t k = start[i]; k < start[i + 1]; ++k) {
            const int j = other[k];
            if (id[i] > id[j] || !here[j]) continue;
            const bool unknown = std::isnan(shadow[k]);
            if (!(moved[i] | moved[j] | unknown)) continue;
            if (with_walls && (blind[i] | blind[j] | std::isnan(wall[k]))) {
                wall[k] = walls.loss(x[i], y[i], x[j], y[j]);
            }
            const double dx = x[i] - x[j], dy = y[i] - y[j];
            const float d = std::sqrt(static_cast<float>(dx * dx + dy * dy));
            const uint64_t link = pair_hash(seed, id[i], id[j]);
            // Gudmundson 1991, with both ends moving: R = exp(-(move + move') / D).
            const float fresh_part = gauss(mix(link + static_cast<uint64_t>(updates)));
            const float r = keep[i] * keep[j];
            shadow[k] = unknown ? fresh_part : r * shadow[k] + std::sqrt(std::max(0.0f, 1.0f - r * r)) * fresh_part;
            if (d > static_cast<float>(range)) {
                power[k] = power[mirror[k]] = 0.0f;
                continue;
            }
            const float at = std::min(d * inverse, last);
            const int cell = static_cast<int>(at);
            const float rest = at - static_cast<float>(cell);
            const int low = std::min(kind[i], kind[j]), high = std::max(kind[i], kind[j]);
            const size_t base = static_cast<size_t>(low * tables.classes + high) * tables.steps + cell;
            auto read = [base, rest](const std::vector<float>& table) {
                return table[base] + (table[base + 1] - table[base]) * rest;
            };
            float loss = read(tables.loss) + (with_walls ? wall[k] : 0.0f);
            float deviation = tables.deviation[base];
            if (!tables.sight.empty()) {
                // One draw per pair, so that a line of sight is not lost and found by chance as two drive along.
                const uint64_t state = mix(link ^ 0x5bd1e9955bd1e995ULL);
                if (unit(state) > read(tables.sight)) {
                    loss += std::max(0.0f, read(tables.blocked) + tables.spread[base] * gauss(mix(state)));
                    deviation = tables.blocked_deviation[base];
                }
            }
            const float gain = from_db(deviation * shadow[k] - loss);
            power[k] = eirp[i] * received[j] * gain;
            power[mirror[k]] = eirp[j] * received[i] * gain;
        }
    }
};

}  // namespace wayside
