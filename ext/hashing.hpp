// Random numbers by counter: a value is a function of its keys alone, so results depend neither on the order in which
// stations or packets are visited nor on the number of threads.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace wayside {

// Finalizer of SplitMix64 (Steele, Lea, Flood 2014; constants of Stafford's variant 13).
inline uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

inline uint64_t hash(uint64_t seed, uint64_t a, uint64_t b) {
    return mix(mix(seed + 0x9e3779b97f4a7c15ULL * (a + 1)) + 0x9e3779b97f4a7c15ULL * (b + 1));
}

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
        const uint32_t cell = h >> (64 - BITS);
        const uint32_t rest = static_cast<uint32_t>(h >> (32 - BITS));
        if (cell == 0 || cell == CELLS - 1) {
            return static_cast<float>(quantile((static_cast<double>(h >> 11) + 0.5) * 0x1p-53));
        }
        return table[cell] + (table[cell + 1] - table[cell]) * (rest * 0x1p-32f);
    }

private:
    static constexpr int BITS = 12;
    static constexpr int CELLS = 1 << BITS;
    std::vector<float> table;

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
