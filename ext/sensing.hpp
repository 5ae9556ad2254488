// What sidelink stations have measured and read, and which resources look free to them.
//
// Mode 4: TS 36.213 clause 14.1.1.6 (sensing, exclusion, ranking). Mode 2: TS 38.214 clause 8.1.4 (exclusion without
// ranking). A resource is a slot and `width` neighbouring sub-channels; it is as taken as the most taken of them, and as
// loud as their mean.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "reception.hpp"

namespace wayside {

struct SpsRules {
    int channels = 4;          // sub-channels
    int period = 100;          // slots between two of a station's reservations
    int window = 1000;         // slots sensed: 1 s
    int t1 = 1, t2 = 100;      // selection window, slots after the packet's arrival
    int counter_low = 5, counter_high = 15;
    int retry = 0;             // slots within which a packet is sent a second time (HARQ, blind); 0: never
    double keep = 0.0;         // probability that a resource is kept when the counter ends
    double share = 0.2;        // of the candidates that must remain
    double raise = 1.9952623149688795;  // 3 dB
    // Grains, of one sub-channel: weaker packets are noise to a receiver; SCI read; least S-RSSI told from none;
    // exclusion; noise; CBR.
    int64_t sensitivity = 0, sense = 0, floor = 0, threshold = 0, noise = 0, busy = 0;
    bool rank = true;          // by averaged S-RSSI (mode 4)
    bool sensing = true, half_duplex = true, hidden = true;  // false: planted errors for tests
};

// Slots of the selection window, by offset from its first one.
struct Window {
    static constexpr int MOST = 1024;
    bool unsensed[MOST] = {};  // the station was sending when they would have been announced
    bool taken[MOST] = {};     // the station itself sends in them: it has one transmitter

    // This slot, and all that are whole periods away from it.
    static void mark(bool* slots, int64_t slot, int64_t first, int span, int period) {
        const int64_t away = (slot - first) % period;
        for (int64_t v = away < 0 ? away + period : away; v < span; v += period) slots[v] = true;
    }
};

class Sensing {
public:
    // By slot (modulo window and period), station and sub-channel: S-RSSI, and how loud who reserved it is.
    std::vector<std::vector<uint8_t>> loudness, reserved;

    // Measured powers are kept in steps of 0.5 dB above -140 dBm, one byte each.
    static constexpr uint8_t DEAF = 255;
    static uint8_t code(int64_t p) {
        static const Coder coder;
        if (p <= 0) return 0;
        const float value = static_cast<float>(p);
        int32_t bits;
        std::memcpy(&bits, &value, 4);
        return coder.steps[(bits >> (23 - Coder::BITS)) - (127 << Coder::BITS)];
    }

    bool empty() const { return loudness.empty(); }

    void grow(const SpsRules& rules, int stations) {
        loudness.resize(rules.window);
        reserved.resize(rules.period);
        const size_t wide = static_cast<size_t>(stations) * rules.channels;
        for (auto& slot : loudness) slot.resize(wide, 0);
        for (auto& slot : reserved) slot.resize(wide, 0);
    }

    void clear(const SpsRules& rules, int station) {
        const auto at = static_cast<std::ptrdiff_t>(station) * rules.channels;
        for (auto& slot : loudness) std::fill_n(slot.begin() + at, rules.channels, 0);
        for (auto& slot : reserved) std::fill_n(slot.begin() + at, rules.channels, 0);
    }

    // Share of sub-channels of the last 100 ms above rules.busy (TS 36.214 clause 5.1.30), by station; its own slots
    // apart.
    void busy_ratio(const SpsRules& rules, int64_t now, float* ratio, int n) const {
        const uint8_t bound = code(rules.busy);
        const int C = rules.channels;
        std::vector<int32_t> busy(n, 0), deaf(n, 0);
        const int64_t span = std::min<int64_t>(rules.window / 10, now);
        for (int64_t t = now - span; t < now; ++t) {
            const uint8_t* at = loudness[t % rules.window].data();
            for (int i = 0; i < n; ++i, at += C) {
                if (*at == DEAF) { ++deaf[i]; continue; }  // then all of the slot are
                for (int c = 0; c < C; ++c) busy[i] += at[c] > bound;
            }
        }
        for (int i = 0; i < n; ++i) {
            const int64_t seen = (span - deaf[i]) * C;
            ratio[i] = seen ? static_cast<float>(static_cast<double>(busy[i]) / static_cast<double>(seen)) : 0.0f;
        }
    }

    // The resources left to station i for `width` sub-channels: offset of the slot * places + first sub-channel,
    // ascending, where there are channels - width + 1 places in a slot. `draw` gives the random bits that order equals.
    template <class Draw>
    void candidates(const SpsRules& rules, int i, int64_t now, int width, const Window& window, Draw&& draw,
                    std::vector<int>& left) const {
        const int span = rules.t2 - rules.t1 + 1;
        const int C = rules.channels;
        const int places = C - width + 1;
        const int total = span * places;
        left.clear();
        if (!rules.sensing) {
            for (int v = 0; v < total; ++v) if (!window.taken[v / places]) left.push_back(v);
            return;
        }
        double bound = static_cast<double>(rules.threshold);
        const int need = std::max(1, static_cast<int>(std::ceil(rules.share * total - 1e-9)));
        for (int round = 0; round < 64; ++round, bound *= rules.raise) {
            left.clear();
            const uint8_t limit = code(static_cast<int64_t>(std::min(bound, 9e18)));
            for (int v = 0; v < span; ++v) {
                if (window.unsensed[v] || window.taken[v]) continue;
                const uint8_t* heard = reserved[(now + rules.t1 + v) % rules.period].data() + static_cast<size_t>(i) * C;
                int open = 0;  // free sub-channels up to this one
                for (int c = 0; c < C; ++c) {
                    open = heard[c] == 0 || heard[c] <= limit ? open + 1 : 0;
                    if (open >= width) left.push_back(v * places + c - width + 1);
                }
            }
            if (static_cast<int>(left.size()) >= need || limit == 254) break;
        }
        if (left.empty()) for (int v = 0; v < total; ++v) if (!window.taken[v / places]) left.push_back(v);
        if (rules.rank && static_cast<int>(left.size()) > need) best(rules, i, now, width, draw(), need, left);
    }

private:
    struct Coder {
        static constexpr int BITS = 6;
        uint8_t steps[64 << BITS];
        Coder() {
            for (int k = 0; k < (64 << BITS); ++k) {
                const double p = std::exp2(k >> BITS) * (1.0 + ((k & ((1 << BITS) - 1)) + 0.5) / (1 << BITS));
                steps[k] = static_cast<uint8_t>(std::clamp(std::lround((10.0 * std::log10(p / GRAIN) + 140.0) * 2.0), 0L, 254L));
            }
        }
    };
    struct Decoded {
        float mw[256];
        Decoded() {
            for (int c = 0; c < 256; ++c) mw[c] = c && c < DEAF ? static_cast<float>(std::pow(10.0, (c / 2.0 - 140.0) / 10.0)) : 0.0f;
        }
    };

    // Keep the `need` quietest ones by S-RSSI averaged over the window; equal ones in random order.
    void best(const SpsRules& rules, int i, int64_t now, int width, uint64_t ties, int need, std::vector<int>& left) const {
        static const Decoded decoded;
        thread_local std::vector<std::pair<float, uint32_t>> ranks;
        ranks.clear();
        const int C = rules.channels;
        const int places = C - width + 1;
        const int times = rules.window / rules.period;
        for (const int v : left) {
            float sum = 0.0f;
            int seen = 0;
            int64_t at = now + rules.t1 + v / places - rules.period;
            while (at >= now) at -= rules.period;
            for (int j = 0; j < times; ++j, at -= rules.period) {
                if (at < 0 || at < now - rules.window) break;
                const uint8_t* value = loudness[at % rules.window].data() + static_cast<size_t>(i) * C + v % places;
                if (*value == DEAF) continue;  // so are all of that slot
                for (int c = 0; c < width; ++c) sum += decoded.mw[value[c]];
                seen += width;
            }
            ranks.emplace_back(seen ? sum / static_cast<float>(seen) : 0.0f, static_cast<uint32_t>(mix(ties + static_cast<uint64_t>(v))));
        }
        thread_local std::vector<int> order;
        order.resize(left.size());
        for (size_t k = 0; k < left.size(); ++k) order[k] = static_cast<int>(k);
        std::nth_element(order.begin(), order.begin() + need, order.end(), [&](int a, int b) {
            return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : left[a] < left[b];
        });
        order.resize(need);
        std::sort(order.begin(), order.end());
        thread_local std::vector<int> chosen;
        chosen.clear();
        for (const int k : order) chosen.push_back(left[k]);
        left.swap(chosen);
    }
};

}  // namespace wayside
