// Stations in blocks of eight that stand near each other, the blocks within reach of each other, and what pairs of
// stations keep: eight by eight to a tile, which the two blocks share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "loss.hpp"

namespace wayside {

constexpr int LANES = 8;  // places in a block

// How far along the Hilbert curve of 65,536 x 65,536 cells a cell is.
inline uint32_t hilbert(uint32_t x, uint32_t y) {
    uint32_t d = 0;
    for (uint32_t s = 1u << 15; s > 0; s >>= 1) {
        const uint32_t rx = (x & s) != 0, ry = (y & s) != 0;
        d += s * s * ((3 * rx) ^ ry);
        if (ry) continue;
        if (rx) { x = s - 1 - (x & (s - 1)); y = s - 1 - (y & (s - 1)); }
        std::swap(x, y);
    }
    return d;
}

// What a pair knows, and the update in which that was looked for. In memory it is one word, read and written at once.
struct Kept {
    float value;
    uint32_t mark;
};

inline uint64_t word(const Kept& kept) {
    uint64_t bits;
    static_assert(sizeof bits == sizeof kept);
    std::memcpy(&bits, &kept, sizeof bits);
    return bits;
}

inline Kept load(const uint64_t& from) {
    const uint64_t bits = __atomic_load_n(&from, __ATOMIC_RELAXED);
    Kept kept;
    std::memcpy(&kept, &bits, sizeof kept);
    return kept;
}

inline void store(uint64_t& to, const Kept& kept) { __atomic_store_n(&to, word(kept), __ATOMIC_RELAXED); }

struct Tiles {
    static constexpr int PAIRS = LANES * LANES;
    std::vector<int64_t> first;       // by block: where its list begins
    std::vector<int32_t> near, tile;  // blocks within reach of it, ascending, itself too; the tile of the two
    // What pairs keep, PAIRS words to a tile: their shadow; where there are walls, dB lost to them, and where vehicles in
    // between are looked for, which there are.
    std::vector<uint32_t> shadows;
    std::vector<uint64_t> through, between;
    bool with_walls = false, with_bodies = false;

    // The word of lanes r and c of two blocks that share tile t: rows are those of the lower block, or the lower ones.
    static size_t at(int32_t t, int block, int r, int other, int c) {
        const bool lower = block < other || (block == other && r < c);
        return static_cast<size_t>(t) * PAIRS + (lower ? r * LANES + c : c * LANES + r);
    }

    int blocks() const { return first.empty() ? 0 : static_cast<int>(first.size()) - 1; }

    // visit(other block, tile) for all in a block's list, if it has one yet.
    template <typename F>
    void each(int block, F&& visit) const {
        if (block < blocks()) for (int64_t m = first[block]; m < first[block + 1]; ++m) visit(near[m], tile[m]);
    }

    // List all blocks anew: boxes by block (left, low, right, high), those not farther apart than `reach`. Tiles of
    // pairs of blocks that were listed stay.
    void list(const std::vector<double>& boxes, double reach) {
        const int n = static_cast<int>(boxes.size() / 4);
        std::vector<int32_t> order(n);
        for (int b = 0; b < n; ++b) order[b] = b;
        std::sort(order.begin(), order.end(), [&](int a, int b) { return boxes[4 * a] < boxes[4 * b]; });
        std::vector<std::pair<int32_t, int32_t>> found;  // the lower block first
        std::vector<int64_t> start(n + 1, 0);
        for (int k = 0; k < n; ++k) {
            const double* one = &boxes[4 * order[k]];
            for (int m = k; m < n; ++m) {
                const double* two = &boxes[4 * order[m]];
                if (two[0] > one[2] + reach) break;
                const double dx = std::max(0.0, two[0] - one[2]);
                const double dy = std::max({0.0, two[1] - one[3], one[1] - two[3]});
                if (dx * dx + dy * dy > reach * reach) continue;
                const auto [low, high] = std::minmax(order[k], order[m]);
                found.emplace_back(low, high);
                ++start[low + 1];
                if (low != high) ++start[high + 1];
            }
        }
        std::sort(found.begin(), found.end());
        for (int b = 0; b < n; ++b) start[b + 1] += start[b];
        // Ascending in each list: those below come by first, in their order.
        std::vector<int32_t> others(start[n]), shared(start[n]);
        std::vector<int64_t> next(start.begin(), start.end() - 1);
        std::vector<int32_t> of(n, -1);
        std::vector<uint8_t> kept(tiles, 0);
        std::vector<size_t> wanting;
        for (size_t k = 0; k < found.size();) {
            const int low = found[k].first;
            each(low, [&](int block, int32_t t) { if (block < n) of[block] = t; });
            for (; k < found.size() && found[k].first == low; ++k) {
                const int32_t t = of[found[k].second];
                if (t >= 0) kept[t] = 1;
                // Where it has none yet, its own number tells which it is to be.
                set(low, found[k].second, t >= 0 ? t : -1 - static_cast<int32_t>(wanting.size()), next, others, shared);
                if (t < 0) wanting.push_back(k);
            }
            each(low, [&](int block, int32_t) { if (block < n) of[block] = -1; });
        }
        std::vector<int32_t> given(wanting.size());
        int32_t t = 0;
        for (auto& one : given) {
            while (t < tiles && kept[t]) ++t;
            one = t++;
        }
        tiles = std::max(tiles, t);
        each_memory([&](auto& words, auto unknown) {
            words.resize(static_cast<size_t>(tiles) * PAIRS);
            for (const int32_t one : given) std::fill_n(words.begin() + static_cast<size_t>(one) * PAIRS, PAIRS, unknown);
        });
        for (auto& one : shared) if (one < 0) one = given[-1 - one];
        first.swap(start);
        near.swap(others);
        tile.swap(shared);
    }

    // A station has come to lane r of a block: nothing is known of its pairs.
    void forget(int block, int r) {
        each(block, [&](int other, int32_t t) {
            each_memory([&](auto& words, auto unknown) {
                for (int c = 0; c < LANES; ++c) words[at(t, block, r, other, c)] = unknown;
            });
        });
    }

    // What an older layout knew of the same pairs; before: by place, the one that it had there, or -1.
    void recall(const Tiles& old, const std::vector<int32_t>& before) {
        // Some came after the older lists were made.
        const int last = before.empty() ? 0 : *std::max_element(before.begin(), before.end()) / LANES;
        std::vector<int32_t> of(std::max(old.blocks(), last + 1), -1);
        for (int block = 0; block < blocks(); ++block) {
            for (int r = 0; r < LANES; ++r) {
                const int p = before[block * LANES + r];
                if (p < 0) continue;
                const int from = p / LANES;
                old.each(from, [&](int other, int32_t t) { of[other] = t; });
                for (int64_t m = first[block]; m < first[block + 1]; ++m) {
                    if (near[m] < block) continue;
                    for (int c = 0; c < LANES; ++c) {
                        const int q = before[near[m] * LANES + c];
                        if (q < 0 || of[q / LANES] < 0) continue;
                        const size_t source = at(of[q / LANES], from, p % LANES, q / LANES, q % LANES);
                        const size_t target = at(tile[m], block, r, near[m], c);
                        shadows[target] = old.shadows[source];
                        if (with_walls) through[target] = old.through[source];
                        if (with_bodies) between[target] = old.between[source];
                    }
                }
                old.each(from, [&](int other, int32_t) { of[other] = -1; });
            }
        }
    }

private:
    int32_t tiles = 0;

    // visit(words, what stands for nothing known) for all that pairs keep here.
    template <typename F>
    void each_memory(F&& visit) {
        visit(shadows, Shadow::NONE);
        if (with_walls) visit(through, word({NAN, 0}));
        if (with_bodies) visit(between, word({NAN, 0}));
    }

    static void set(int low, int high, int32_t t, std::vector<int64_t>& next, std::vector<int32_t>& others,
                    std::vector<int32_t>& shared) {
        others[next[low]] = high;
        shared[next[low]++] = t;
        if (low == high) return;
        others[next[high]] = low;
        shared[next[high]++] = t;
    }
};

}  // namespace wayside
