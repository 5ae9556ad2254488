// Random numbers by counter: a value is a function of its keys alone, so results depend neither on the order in which
// stations or packets are visited nor on the number of threads.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "clones.hpp"

namespace wayside {

// Finalizer of SplitMix64 (Steele, Lea, Flood 2014; constants of Stafford's variant 13).
inline uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

// The same for 32 bits, eight at once where the processor has them (Wellons 2018, "lowbias32").
inline uint32_t mix32(uint32_t z) {
    z = (z ^ (z >> 16)) * 0x7feb352dU;
    z = (z ^ (z >> 15)) * 0x846ca68bU;
    return z ^ (z >> 16);
}

// In two halves, so that whoever draws for many b with one a does the first once.
inline uint64_t step(uint64_t b) { return 0x9e3779b97f4a7c15ULL * (b + 1); }
inline uint64_t halfway(uint64_t seed, uint64_t a) { return mix(seed + step(a)); }
inline uint64_t hash(uint64_t seed, uint64_t a, uint64_t b) { return mix(halfway(seed, a) + step(b)); }

// Draws of one station: by the moment, and those of one moment by their order. So what else it does at other moments
// changes none of them.
class Draws {
public:
    uint64_t operator()(uint64_t seed, uint64_t id, int64_t moment) {
        if (moment != last) {
            last = moment;
            count = 0;
        }
        return mix(hash(seed, id, static_cast<uint64_t>(moment)) + step(count++));
    }

private:
    int64_t last = -1;
    uint64_t count = 0;
};

// Of an unordered pair: the same from both ends.
inline uint64_t pair_hash(uint64_t seed, uint64_t a, uint64_t b) {
    return a < b ? hash(seed, a, b) : hash(seed, b, a);
}

inline float unit(uint64_t h) { return (h >> 40) * 0x1p-24f; }  // [0, 1)

// Standard normal by its quantile function: a table with straight lines between, and exact in the outermost cells.
class Normal {
public:
    Normal() : table(CELLS + 1) {
        for (int i = 1; i < CELLS; ++i) table[i] = static_cast<float>(quantile(static_cast<double>(i) / CELLS));
    }

    float operator()(uint64_t h) const {
        float value;
        draw(&h, &value, 1);
        return value;
    }

    // n of them, by 64 bits or by 32 (to 6.2 standard deviations).
    template <typename Bits>
    void draw(const Bits* h, float* to, int n) const {
        interpolate(table.data(), h, to, n);
        constexpr int WIDTH = 8 * sizeof(Bits);
        constexpr Bits CELL = Bits{1} << (WIDTH - BITS);
        for (int from = 0; from < n; from += 64) {
            const int end = std::min(from + 64, n);
            // The first cell and the last one: seldom, and looked for many at a time.
            uint32_t outer = 0;
            for (int k = from; k < end; ++k) outer |= static_cast<uint32_t>(static_cast<Bits>(h[k] + CELL) < 2 * CELL);
            if (!outer) continue;
            for (int k = from; k < end; ++k) {
                if (static_cast<Bits>(h[k] + CELL) >= 2 * CELL) continue;
                constexpr int SPARE = WIDTH > 53 ? WIDTH - 53 : 0;
                to[k] = static_cast<float>(quantile((static_cast<double>(h[k] >> SPARE) + 0.5) * std::ldexp(1.0, SPARE - WIDTH)));
            }
        }
    }

private:
    static constexpr int BITS = 12;
    static constexpr int CELLS = 1 << BITS;
    std::vector<float> table;

    WAYSIDE_CLONES static void interpolate(const float* __restrict table, const uint64_t* __restrict h,
                                           float* __restrict to, int n) {
        for (int k = 0; k < n; ++k) {
            const int32_t cell = static_cast<int32_t>(h[k] >> (64 - BITS));
            const uint32_t rest = static_cast<uint32_t>(h[k] >> (32 - BITS));
            to[k] = table[cell] + (table[cell + 1] - table[cell]) * (rest * 0x1p-32f);
        }
    }

    WAYSIDE_CLONES static void interpolate(const float* __restrict table, const uint32_t* __restrict h,
                                           float* __restrict to, int n) {
        for (int k = 0; k < n; ++k) {
            const int32_t cell = static_cast<int32_t>(h[k] >> (32 - BITS));
            const int32_t rest = static_cast<int32_t>(h[k] << BITS >> BITS);
            to[k] = table[cell] + (table[cell + 1] - table[cell]) * (static_cast<float>(rest) * (1.0f / (1 << (32 - BITS))));
        }
    }

    // By Newton's method on erfc, from a start good to 1e-3 (Abramowitz and Stegun 26.2.23).
    static double quantile(double p) {
        const double q = p < 0.5 ? p : 1.0 - p;
        const double t = std::sqrt(-2.0 * std::log(q));
        double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                           (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
        for (int i = 0; i < 3; ++i) {
            const double density = std::exp(-0.5 * x * x) * 0.3989422804014327;
            x += (0.5 * std::erfc(x * 0.7071067811865476) - q) / density;
        }
        return p < 0.5 ? -x : x;
    }
};

inline const Normal& normal() {
    static const Normal table;
    return table;
}

}  // namespace wayside
