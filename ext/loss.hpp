// What a link loses: tables over distance for each pair of classes of stations, one cache line for each step.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "bodies.hpp"
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

class LossTables {
public:
    struct Step {
        float loss, deviation;        // dB: line of sight, and its shadowing
        float sight;                  // probability of a line of sight
        float behind;                 // dB: shadowing without one
        float blocked[2], spread[2];  // dB: NLOSv's mean and its spread, behind a car and behind a truck
    };
    int classes = 0, steps = 0;
    float step = 1.0f;       // m
    bool traffic = false;    // whether vehicles in between matter
    std::vector<Step> table; // classes x classes x steps; the lower class first

    // dB lost over d m by a pair of these classes on the average, with a line of sight.
    float mean(float d, int one, int other) const {
        float rest;
        const Step* s = find(d, one, other, rest);
        return s[0].loss + (s[1].loss - s[0].loss) * rest;
    }

    // dB lost over d m by a pair of these classes whose random state is `link`, with `shadow` standard deviations of
    // shadowing. What stands in between is `blocker`, or drawn where nobody looked: `tall` of the vehicles are trucks.
    float operator()(float d, int one, int other, uint64_t link, float shadow, const Blocker* blocker,
                     float tall) const {
        float rest;
        const Step* s = find(d, one, other, rest);
        float loss = s[0].loss + (s[1].loss - s[0].loss) * rest;
        float deviation = s[0].deviation;
        if (traffic) {
            // One draw per pair, so that a line of sight is not lost and found by chance as two drive along.
            const uint64_t state = mix(link ^ 0x5bd1e9955bd1e995ULL);
            const float sight = s[0].sight + (s[1].sight - s[0].sight) * rest;
            const bool hidden = blocker ? *blocker != CLEAR : unit(state) > sight;
            if (hidden) {
                const bool high = blocker ? *blocker == HIGH : unit(state << 40) < tall;
                const float mean = s[0].blocked[high] + (s[1].blocked[high] - s[0].blocked[high]) * rest;
                loss += std::max(0.0f, mean + s[0].spread[high] * normal()(mix(state)));
                deviation = s[0].behind;
            }
        }
        return loss - deviation * shadow;
    }

private:
    const Step* find(float d, int one, int other, float& rest) const {
        const float at = std::min(d / step, static_cast<float>(steps - 2));
        const int cell = static_cast<int>(at);
        rest = at - static_cast<float>(cell);
        return &table[static_cast<size_t>(std::min(one, other) * classes + std::max(one, other)) * steps + cell];
    }
};

}  // namespace wayside
