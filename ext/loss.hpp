// What a link loses: tables over distance for each pair of classes of stations, one cache line for each step.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "clones.hpp"
#include "hashing.hpp"

namespace wayside {

// 10^(x/10), by 2^n of the whole part and a polynomial of the rest: to 1e-6 (relative), the same on every machine.
inline float from_db(float db) {
    const float e = std::min(std::max(db * 0.33219281f, -126.0f), 126.0f);
    const float whole = std::floor(e);
    const float r = e - whole;
    const float high = 0.05550357f + r * (0.00961813f + r * (0.00133336f + r * 0.00015469f));
    const float p = 1.0f + r * (0.69314720f + r * (0.24022651f + r * high));
    const int32_t bits = (static_cast<int32_t>(whole) + 127) << 23;
    float scale;
    std::memcpy(&scale, &bits, 4);
    return p * scale;
}

// What a pair keeps of its shadow, in one word: below, standard deviations in steps of 1/4096; above, how far both ends
// had driven by then, in steps of 1/16 m, over and over. Whole turns of 4 km go unnoticed, after which next to nothing of a
// shadow is left anyhow, and by chance a little too much.
struct Shadow {
    static constexpr float STEPS = 16.0f, DEPTH = 4096.0f;  // to a metre, to a standard deviation
    static constexpr uint32_t NONE = 0x8000u;               // of a new pair
    static constexpr int SHIFT = 6, FINER = 1 << SHIFT;     // ways are added up in finer steps
};

// Links of one station that are worked out together, struct of arrays: plain loops over them become vector code.
struct Batch {
    static constexpr int MOST = 256;
    int n;
    float d[MOST];                 // m
    uint32_t one[MOST], two[MOST]; // what the pair draws by, the same from both ends
    uint32_t way[MOST];            // how far both have driven, in the finer steps
    uint32_t kept[MOST];           // as Shadow has it
    float shadow[MOST];            // in standard deviations
    float hides[MOST];             // hidden by a vehicle where this is above the probability of a line of sight
    float truck[MOST];             // by a truck or bus where this is below their share
    float spread[MOST];            // standard normal: by how much more or less than usual
    float wall[MOST];              // dB
    int32_t at[MOST];              // where the steps of the two classes begin, in floats
    float out[MOST];               // mW: emitted times the other's gain at reception
    float gain[MOST];
    uint32_t draws[MOST];

    // Shadows in this update; per_step: dB of what is kept of a shadow that a step takes away.
    void move(uint32_t update, float per_step) {
        chance(*this, 0x243f6a88u + 0x9e3779b9u * update);
        normal().draw(draws, spread, n);
        fade(*this, per_step);
    }

    // One draw per pair, so that a line of sight is not lost and found by chance as two drive along: who hides one from
    // the other, if anybody, whether it is a truck, and how much that costs.
    void draw() {
        chance(*this, 0x13198a2eu);
        uniform(draws, hides, n);
        chance(*this, 0x03707344u);
        uniform(draws, truck, n);
        draw_spread();
    }

    void draw_spread() {
        chance(*this, 0xa4093822u);
        normal().draw(draws, spread, n);
    }

    // Power [mW] by lane.
    WAYSIDE_CLONES static void arrive(const Batch& b, float range, float* __restrict power) {
        for (int k = 0; k < b.n; ++k) power[k] = b.d[k] <= range ? b.out[k] * b.gain[k] : 0.0f;
    }

private:
    WAYSIDE_CLONES static void chance(Batch& b, uint32_t salt) {
        for (int k = 0; k < b.n; ++k) b.draws[k] = mix32(mix32(b.one[k] ^ salt) + b.two[k]);
    }

    WAYSIDE_CLONES static void uniform(const uint32_t* __restrict draws, float* __restrict to, int n) {
        for (int k = 0; k < n; ++k) to[k] = static_cast<float>(static_cast<int32_t>(draws[k] >> 8)) * 0x1p-24f;
    }

    // Gudmundson 1991, with both ends moving: exp(-(way + way') / D).
    WAYSIDE_CLONES static void fade(Batch& b, float per_step) {
        for (int k = 0; k < b.n; ++k) {
            const uint32_t way = b.way[k] >> Shadow::SHIFT, steps = (way - (b.kept[k] >> 16)) & 0xffffu;
            const float r = from_db(per_step * static_cast<float>(static_cast<int32_t>(steps)));
            const float old = static_cast<float>(static_cast<int32_t>(b.kept[k] << 16) >> 16) * (1.0f / Shadow::DEPTH);
            const float moved = r * old + std::sqrt(std::max(0.0f, 1.0f - r * r)) * b.spread[k];
            const float shadow = (b.kept[k] & 0xffffu) == Shadow::NONE ? b.spread[k] : moved;
            const float bound = std::min(std::max(shadow, -7.9f), 7.9f) * Shadow::DEPTH;
            const int32_t whole = static_cast<int32_t>(bound + (bound < 0.0f ? -0.5f : 0.5f));
            b.shadow[k] = static_cast<float>(whole) * (1.0f / Shadow::DEPTH);
            b.kept[k] = way << 16 | (static_cast<uint32_t>(whole) & 0xffffu);
        }
    }
};

class LossTables {
public:
    struct Step {
        float loss, deviation;        // dB: line of sight, and its shadowing
        float sight;                  // probability of a line of sight; 1: vehicles in between do not matter
        float behind;                 // dB: shadowing without one
        float blocked[2], spread[2];  // dB: NLOSv's mean and its spread, behind a car and behind a truck
    };
    int classes = 0, steps = 0;
    float step = 1.0f;       // m
    std::vector<Step> table; // classes x classes x steps; the lower class first

    // dB lost over d m by a pair of these classes on the average, with a line of sight.
    float mean(float d, int one, int other) const {
        float rest;
        const Step* s = find(d, one, other, rest);
        return s[0].loss + (s[1].loss - s[0].loss) * rest;
    }

    // Where the steps of each pair of classes begin, in floats.
    std::vector<int32_t> begins() const {
        std::vector<int32_t> found;
        for (int one = 0; one < classes; ++one) {
            for (int two = 0; two < classes; ++two) {
                found.push_back(COLUMNS * steps * (std::min(one, two) * classes + std::max(one, two)));
            }
        }
        return found;
    }

    // The gains of links, by all that stands in between; tall: the share of trucks and buses.
    void lose(Batch& b, float tall) const { read(b, &table.data()->loss, step, static_cast<float>(steps - 2), tall); }

private:
    static constexpr int COLUMNS = sizeof(Step) / sizeof(float);

    // All columns of a step are read at once; deviations and spreads are those of the nearer end.
    WAYSIDE_CLONES static void read(Batch& b, const float* __restrict table, float step, float last, float share) {
        using Columns = float __attribute__((vector_size(sizeof(Step))));  // GCC and Clang have these
        const Columns slopes = {1.0f, 0.0f, 1.0f, 0.0f, 1.0f, 1.0f, 0.0f, 0.0f};
        float rest[Batch::MOST], columns[Batch::MOST * COLUMNS];
        for (int k = 0; k < b.n; ++k) {
            const float at = std::min(b.d[k] / step, last);
            const int32_t cell = static_cast<int32_t>(at);
            rest[k] = at - static_cast<float>(cell);
            b.at[k] += COLUMNS * cell;
        }
        for (int k = 0; k < b.n; ++k) {
            Columns one, next;
            std::memcpy(&one, table + b.at[k], sizeof one);
            std::memcpy(&next, table + b.at[k] + COLUMNS, sizeof next);
            one += (next - one) * (rest[k] * slopes);
            std::memcpy(columns + COLUMNS * k, &one, sizeof one);
        }
        for (int k = 0; k < b.n; ++k) {
            // Without branches, which would be guessed wrong every other time.
            const float* here = columns + COLUMNS * k;
            const bool tall = b.truck[k] < share, hidden = b.hides[k] > here[2];
            const float mean = tall ? here[5] : here[4], spread = tall ? here[7] : here[6];
            const float more = std::max(0.0f, mean + spread * b.spread[k]), deviation = hidden ? here[3] : here[1];
            b.gain[k] = deviation * b.shadow[k] - here[0] - (hidden ? more : 0.0f);
        }
        for (int k = 0; k < b.n; ++k) b.gain[k] = from_db(b.gain[k] - b.wall[k]);
    }

    const Step* find(float d, int one, int other, float& rest) const {
        const float at = std::min(d / step, static_cast<float>(steps - 2));
        const int cell = static_cast<int>(at);
        rest = at - static_cast<float>(cell);
        return &table[static_cast<size_t>(std::min(one, other) * classes + std::max(one, other)) * steps + cell];
    }
};

}  // namespace wayside
