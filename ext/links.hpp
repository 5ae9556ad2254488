// Who can be heard by whom, and how loud: one station's row at a time, when it is asked for.
//
// Stations have places, eight to a block, near ones together. Blocks list the blocks within the range and a skin, and
// are listed anew only when somebody may have crossed the skin (Verlet lists, as molecular dynamics has them). A row is
// worked out for eight stations at once. Links are reciprocal: what a pair keeps from one row to the next, it keeps
// once. It goes in and out of memory as one word, and what it becomes depends on the pair and the update alone. So rows
// may be asked for in any order and by several threads at once, from both ends too: whoever comes second finds, or
// writes again, the same.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "bodies.hpp"
#include "crew.hpp"
#include "hashing.hpp"
#include "loss.hpp"
#include "tiles.hpp"
#include "walls.hpp"

namespace wayside {

// The stations that one station's power comes to: lane k is place LANES * near[k / LANES] + k % LANES.
struct Row {
    const int32_t* near = nullptr;  // blocks, until the next update
    int blocks = 0;
    std::vector<float> power, d;    // by lane: mW, 0 where nobody is within the range; m

    int lanes() const { return LANES * blocks; }
    int place(int lane) const { return LANES * near[lane / LANES] + lane % LANES; }
};

// What links need of stations, by place.
struct Ends {
    std::vector<double> x, y, z;                   // m
    std::vector<double> listed_x, listed_y;        // when blocks were listed
    std::vector<double> settled_x, settled_y;      // when it got its place
    std::vector<double> looked_x, looked_y;        // when its links were to look for walls
    std::vector<uint32_t> looked;                  // the update in which they were
    std::vector<uint32_t> way;                     // how far it has driven, in whole steps: so sums and differences are exact
    std::vector<uint32_t> one, two;                // what its pairs draw by
    std::vector<float> eirp, received;             // mW and linear gain; 0 at free places
    std::vector<int32_t> kind;

    int size() const { return static_cast<int>(x.size()); }

    void resize(size_t n) {
        for (auto* column : {&x, &y, &z, &listed_x, &listed_y, &settled_x, &settled_y, &looked_x, &looked_y}) {
            column->resize(n);
        }
        for (auto* column : {&looked, &way, &one, &two}) column->resize(n);
        eirp.resize(n);
        received.resize(n);
        kind.resize(n);
    }

    // Of place p to (px, py) [m2].
    double squared(int p, double px, double py) const {
        return (x[p] - px) * (x[p] - px) + (y[p] - py) * (y[p] - py);
    }
};

class Links {
public:
    LossTables tables;
    Walls walls;
    Bodies bodies;
    std::vector<double> heights;  // m, antennas of each class
    float tall = 0.0f;            // share of trucks and buses among the vehicles
    double range = 0.0, skin = 0.0, decorrelation = 25.0;  // m
    double look = 10.0;  // m that a station moves before its links look for walls again
    float floor = -1e9f;  // dBm: below, a power need not be exact
    static constexpr uint32_t TURN = 5;  // updates, so 0.5 s in a run, between two looks for vehicles in between
    uint64_t seed = 0;

    int count = 0;                 // stations, there or not
    std::vector<uint64_t> id;      // by station
    std::vector<int32_t> place;    // by station; -1: it does not take part
    std::vector<int32_t> station;  // by place; -1: free
    Ends ends;
    int64_t searches = 0;
    uint64_t layout = 0;           // another number whenever stations get other places, unlike those of other links

    // Stations at x, y and on ground z [m] high, with a stable id, class, emitted power [mW] and linear gain at reception
    // each.
    void update(int n, const double* px, const double* py, const double* pz, const uint8_t* on, const uint64_t* ids,
                const uint8_t* classes, const float* emitted, const float* gain) {
        ++updates;
        begins = tables.begins();
        tiles.with_walls = !walls.empty();
        tiles.with_bodies = bodies.looked_for;
        for (int i = n; i < count; ++i) leave(i);
        count = n;
        place.resize(n, -1);
        id.resize(n, 0);
        std::vector<int32_t> came;
        for (int i = 0; i < n; ++i) {
            if (place[i] >= 0 && (!on[i] || id[i] != ids[i])) leave(i);
            id[i] = ids[i];
            if (on[i] && place[i] < 0) came.push_back(i);
        }
        double moved = 0.0, drifted = 0.0;
        for (int i = 0; i < n; ++i) {
            const int p = place[i];
            if (p < 0) continue;
            const double dz = pz[i] - ends.z[p], far = std::sqrt(ends.squared(p, px[i], py[i]) + dz * dz);
            ends.way[p] += static_cast<uint32_t>(std::llrint(std::min(far, 1e6) * STEPS));
            ends.x[p] = px[i]; ends.y[p] = py[i]; ends.z[p] = pz[i];
            moved = std::max(moved, ends.squared(p, ends.listed_x[p], ends.listed_y[p]));
            drifted = std::max(drifted, ends.squared(p, ends.settled_x[p], ends.settled_y[p]));
        }
        for (const int i : came) enter(i, px[i], py[i], pz[i]);
        if (!came.empty() || 4.0 * moved > skin * skin) {
            ++searches;
            const bool spread = 64.0 * drifted > range * range || strays > ends.size() / LANES + LANES;
            if (spread) settle();
            else list();
        }
        for (int i = 0; i < n; ++i) {
            const int p = place[i];
            if (p < 0) continue;
            ends.eirp[p] = emitted[i];
            ends.received[p] = gain[i];
            ends.kind[p] = classes[i];
            if (ends.squared(p, ends.looked_x[p], ends.looked_y[p]) <= look * look) continue;
            ends.looked_x[p] = ends.x[p]; ends.looked_y[p] = ends.y[p];
            ends.looked[p] = updates;
        }
    }

    // Who hears station i, which takes part, and how loud.
    void hear(int i, Row& row) {
        const int p = place[i], block = p / LANES;
        const int64_t begin = tiles.first[block], end = tiles.first[block + 1];
        row.near = tiles.near.data() + begin;
        row.blocks = static_cast<int>(end - begin);
        row.power.resize(row.lanes());
        row.d.resize(row.lanes());
        fetch(p, begin, end);
        constexpr int MOST = Batch::MOST / LANES;
        for (int64_t at = begin; at < end; at += MOST) {
            Batch b;
            b.n = LANES * static_cast<int>(std::min<int64_t>(MOST, end - at));
            const int64_t lane = LANES * (at - begin);
            meet(b, ends, p, tiles.near.data() + at, &begins[ends.kind[p] * tables.classes]);
            fade(b, p, at);
            look_around(b, p, at);
            tables.lose(b, tall);
            Batch::arrive(b, static_cast<float>(range), row.power.data() + lane);
            std::copy_n(b.d, b.n, row.d.data() + lane);
        }
        row.power[LANES * (std::lower_bound(row.near, row.near + row.blocks, block) - row.near) + p % LANES] = 0.0f;
    }

    // The rows of all stations; empty ones of those that do not take part.
    void hear_all(std::vector<Row>& rows, int threads) {
        rows.resize(count);
        share_out(count, threads, [&](int i) {
            if (place[i] >= 0) hear(i, rows[i]);
            else rows[i] = Row{};
        });
    }

    // Between two places [m].
    double distance(int p, int q) const {
        const double dz = ends.z[p] - ends.z[q];
        return std::sqrt(ends.squared(p, ends.x[q], ends.y[q]) + dz * dz);
    }

private:
    static constexpr double STEPS = Shadow::FINER * Shadow::STEPS;  // to a metre
    Tiles tiles;
    uint32_t updates = 0;
    std::vector<int32_t> begins;  // of the losses of each pair of classes, in floats
    int used = 0, strays = 0;  // places given since all were, and those given or left singly since then

    void leave(int i) {
        const int p = place[i];
        if (p < 0) return;
        place[i] = station[p] = -1;
        ends.eirp[p] = ends.received[p] = 0.0f;
        ++strays;
    }

    // A station that came gets the place behind all others.
    void enter(int i, double px, double py, double pz) {
        const int p = used++;
        if (p == ends.size()) {
            ends.resize(p + LANES);
            station.resize(p + LANES, -1);
        }
        tiles.forget(p / LANES, p % LANES);
        place[i] = p;
        station[p] = i;
        ends.x[p] = ends.settled_x[p] = ends.looked_x[p] = px;
        ends.y[p] = ends.settled_y[p] = ends.looked_y[p] = py;
        ends.z[p] = pz;
        ends.way[p] = 0;
        ends.looked[p] = updates;
        const uint64_t bits = halfway(seed, id[i]);
        ends.one[p] = static_cast<uint32_t>(bits);
        ends.two[p] = static_cast<uint32_t>(bits >> 32);
        ++strays;
        layout = unlike_any();
    }

    // Everybody gets a place anew, along a Hilbert curve; what pairs know goes along.
    void settle() {
        double x0 = 1e300, y0 = 1e300, x1 = -1e300, y1 = -1e300;
        for (int i = 0; i < count; ++i) {
            if (place[i] < 0) continue;
            x0 = std::min(x0, ends.x[place[i]]); x1 = std::max(x1, ends.x[place[i]]);
            y0 = std::min(y0, ends.y[place[i]]); y1 = std::max(y1, ends.y[place[i]]);
        }
        const double scale = 65535.0 / std::max({x1 - x0, y1 - y0, 1.0});
        std::vector<std::pair<uint32_t, int32_t>> order;
        for (int i = 0; i < count; ++i) {
            if (place[i] < 0) continue;
            order.emplace_back(hilbert(static_cast<uint32_t>((ends.x[place[i]] - x0) * scale),
                                       static_cast<uint32_t>((ends.y[place[i]] - y0) * scale)), i);
        }
        std::sort(order.begin(), order.end());
        const Ends old = std::move(ends);
        Tiles known;
        std::swap(known, tiles);
        tiles.with_walls = known.with_walls;
        tiles.with_bodies = known.with_bodies;
        used = static_cast<int>(order.size());
        strays = 0;
        const int places = (used + LANES - 1) / LANES * LANES;
        ends = Ends{};
        ends.resize(places);
        station.assign(places, -1);
        std::vector<int32_t> before(places, -1);
        for (int p = 0; p < used; ++p) {
            const int i = order[p].second, from = place[i];
            before[p] = from;
            place[i] = p;
            station[p] = i;
            ends.x[p] = ends.settled_x[p] = old.x[from];
            ends.y[p] = ends.settled_y[p] = old.y[from];
            ends.z[p] = old.z[from];
            ends.looked_x[p] = old.looked_x[from]; ends.looked_y[p] = old.looked_y[from];
            ends.looked[p] = old.looked[from];
            ends.way[p] = old.way[from];
            ends.one[p] = old.one[from]; ends.two[p] = old.two[from];
        }
        layout = unlike_any();
        list();
        tiles.recall(known, before);
    }

    void list() {
        std::vector<double> boxes;
        for (int p = 0; p < ends.size(); p += LANES) {
            double left = 1e300, low = 1e300, right = -1e300, high = -1e300;
            for (int q = p; q < p + LANES; ++q) {
                if (station[q] < 0) continue;
                left = std::min(left, ends.x[q]); right = std::max(right, ends.x[q]);
                low = std::min(low, ends.y[q]); high = std::max(high, ends.y[q]);
            }
            boxes.insert(boxes.end(), {left, low, right, high});
        }
        ends.listed_x = ends.x;
        ends.listed_y = ends.y;
        tiles.list(boxes, range + skin);
    }

    static uint64_t unlike_any() {
        static std::atomic<uint64_t> last{0};
        return ++last;
    }

    // What the stations of the blocks that are listed from `at` on are to the one at place p.
    WAYSIDE_CLONES static void meet(Batch& __restrict b, const Ends& ends, int p, const int32_t* __restrict near,
                                    const int32_t* __restrict begins) {
        const double *__restrict xs = ends.x.data(), *__restrict ys = ends.y.data(), *__restrict zs = ends.z.data();
        const uint32_t *__restrict ones = ends.one.data(), *__restrict twos = ends.two.data();
        const uint32_t *__restrict ways = ends.way.data();
        const float* __restrict received = ends.received.data();
        const int32_t* __restrict kinds = ends.kind.data();
        const double x = xs[p], y = ys[p], z = zs[p];
        const uint32_t one = ones[p], two = twos[p], way = ways[p];
        const float eirp = ends.eirp[p];
        // Written out, since plain loops over blocks became gathers (GCC and Clang).
        constexpr int HALF = LANES / 2;
        using Doubles = double __attribute__((vector_size(8 * HALF), may_alias, aligned(8)));
        using Floats = float __attribute__((vector_size(4 * HALF), may_alias, aligned(4)));
        using Bits = uint32_t __attribute__((vector_size(4 * HALF), may_alias, aligned(4)));
        for (int k = 0; k < b.n; k += HALF) {
            const int q = LANES * near[k / LANES] + k % LANES;
            const Doubles dx = *reinterpret_cast<const Doubles*>(xs + q) - x;
            const Doubles dy = *reinterpret_cast<const Doubles*>(ys + q) - y;
            const Doubles dz = *reinterpret_cast<const Doubles*>(zs + q) - z;
            *reinterpret_cast<Floats*>(b.d + k) = __builtin_convertvector(dx * dx + dy * dy + dz * dz, Floats);
            *reinterpret_cast<Bits*>(b.one + k) = *reinterpret_cast<const Bits*>(ones + q) + one;
            *reinterpret_cast<Bits*>(b.two + k) = *reinterpret_cast<const Bits*>(twos + q) + two;
            *reinterpret_cast<Bits*>(b.way + k) = *reinterpret_cast<const Bits*>(ways + q) + way;
            *reinterpret_cast<Floats*>(b.out + k) = *reinterpret_cast<const Floats*>(received + q) * eirp;
            *reinterpret_cast<Bits*>(b.at + k) = *reinterpret_cast<const Bits*>(kinds + q);
        }
        for (int k = 0; k < b.n; ++k) b.d[k] = std::sqrt(b.d[k]);
        for (int k = 0; k < b.n; ++k) b.at[k] = begins[b.at[k]];
    }

    // What the shadows of a row stand in is asked for at once: half of it does not lie side by side. (A function that
    // does nothing else would be left out as one without effects.)
    __attribute__((always_inline)) void fetch(int p, int64_t begin, int64_t end) const {
        const int block = p / LANES;
        for (int64_t at = begin; at < end; ++at) {
            const auto* from = &tiles.shadows[Tiles::at(tiles.tile[at], block, p % LANES, tiles.near[at], 0)];
            __builtin_prefetch(from);
            if (block <= tiles.near[at]) continue;
            for (int l = 2; l < LANES; l += 2) __builtin_prefetch(from + LANES * l);
        }
    }

    // visit(lane, its word) for the links from place p to the blocks that are listed from `at` on.
    template <typename Word, typename F>
    void each(std::vector<Word>& words, const Batch& b, int p, int64_t at, F&& visit) {
        const int block = p / LANES;
        for (int k = 0; k < b.n; k += LANES, ++at) {
            const int other = tiles.near[at];
            if (other == block) {
                for (int l = 0; l < LANES; ++l) visit(k + l, words[Tiles::at(tiles.tile[at], block, p % LANES, block, l)]);
                continue;
            }
            Word* from = &words[Tiles::at(tiles.tile[at], block, p % LANES, other, 0)];
            const int step = block < other ? 1 : LANES;
            for (int l = 0; l < LANES; ++l) visit(k + l, from[step * l]);
        }
    }

    // Bring the shadows of these links up to now.
    void fade(Batch& b, int p, int64_t at) {
        each(tiles.shadows, b, p, at, [&](int k, uint32_t& word) { b.kept[k] = __atomic_load_n(&word, __ATOMIC_RELAXED); });
        b.move(updates, static_cast<float>(-10.0 / std::log(10.0) / (Shadow::STEPS * decorrelation)));
        each(tiles.shadows, b, p, at, [&](int k, uint32_t& word) { __atomic_store_n(&word, b.kept[k], __ATOMIC_RELAXED); });
    }

    // What stands in between the ends of these links.
    void look_around(Batch& b, int p, int64_t at) {
        std::fill_n(b.wall, b.n, 0.0f);
        if (!walls.empty()) {
            each(tiles.through, b, p, at, [&](int k, uint64_t& word) { b.wall[k] = look_for_walls(p, place_of(k, at), b.d[k], word); });
        }
        if (!bodies.looked_for) { b.draw(); return; }
        b.draw_spread();
        each(tiles.between, b, p, at, [&](int k, uint64_t& word) {
            const int blocker = look_for_bodies(p, place_of(k, at), b.d[k], b.wall[k], word);
            b.hides[k] = blocker == CLEAR ? -1.0f : 2.0f;
            b.truck[k] = blocker == HIGH ? -1.0f : 2.0f;
        });
    }

    int place_of(int lane, int64_t at) const { return LANES * tiles.near[at + lane / LANES] + lane % LANES; }

    // What is 10 dB below the floor on the average needs no exact loss: how many dB may be lost until then.
    float spare(int p, int q, float d) const {
        const float most = std::max(ends.eirp[p] * ends.received[q], ends.eirp[q] * ends.received[p]);
        return 10.0f * std::log10(most) - tables.mean(d, ends.kind[p], ends.kind[q]) - floor + 10.0f;
    }

    // dB through walls, looked for anew when one of the two has driven on.
    float look_for_walls(int p, int q, float d, uint64_t& word) const {
        const Kept kept = load(word);
        const bool known = !std::isnan(kept.value);
        if (p == q || station[q] < 0 || d > static_cast<float>(range)) return known ? kept.value : 0.0f;
        if (known && std::max(ends.looked[p], ends.looked[q]) <= kept.mark) return kept.value;
        if (id[station[p]] > id[station[q]]) std::swap(p, q);
        const float lost = walls.loss(ends.x[p], ends.y[p], ends.x[q], ends.y[q], spare(p, q, d));
        store(word, {lost, updates});
        return lost;
    }

    // Others drive in between whether or not the two move.
    int look_for_bodies(int p, int q, float d, float wall, uint64_t& word) const {
        const Kept kept = load(word);
        const int before = std::isnan(kept.value) ? CLEAR : static_cast<int>(kept.value);
        if (p == q || station[q] < 0 || d > static_cast<float>(range)) return before;
        if (!std::isnan(kept.value) && updates - kept.mark < TURN) return before;
        const bool faint = !walls.empty() && wall >= spare(p, q, d);
        if (id[station[p]] > id[station[q]]) std::swap(p, q);
        const int found = faint ? before : bodies.between(station[p], ends.x[p], ends.y[p], ends.z[p] + heights[ends.kind[p]],
                                                          station[q], ends.x[q], ends.y[q], ends.z[q] + heights[ends.kind[q]]);
        store(word, {static_cast<float>(found), updates});
        return found;
    }
};

}  // namespace wayside
