// What every access layer needs at a receiver: powers that add up exactly, tables of packet error, and the tally of
// what became of packets over distance.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "hashing.hpp"

namespace wayside {

// Powers are added as whole numbers of 1e-18 mW: sums do not depend on the order of their terms, and what a packet
// added is taken away without a rest. 1e-18 mW is 85 dB below the noise of 10 MHz; room for 9.2 mW in all.
constexpr double GRAIN = 1e18;

inline int64_t grains(float mw) { return static_cast<int64_t>(static_cast<double>(mw) * GRAIN); }

// Packet error over SINR, straight lines between knots in dB, read by the leading bits of the ratio (0.05 dB each).
class ErrorTable {
public:
    ErrorTable() = default;
    ErrorTable(const double* sinr_db, const double* error, int knots) : cells((HIGH - LOW) << BITS) {
        for (int c = 0; c < static_cast<int>(cells.size()); ++c) {
            const double octave = LOW + (c >> BITS);
            const double ratio = std::exp2(octave) * (1.0 + ((c & ((1 << BITS) - 1)) + 0.5) / (1 << BITS));
            const double db = 10.0 * std::log10(ratio);
            const int k = static_cast<int>(std::upper_bound(sinr_db, sinr_db + knots, db) - sinr_db);
            if (k == 0) cells[c] = static_cast<float>(error[0]);
            else if (k == knots) cells[c] = static_cast<float>(error[knots - 1]);
            else {
                const double part = (db - sinr_db[k - 1]) / (sinr_db[k] - sinr_db[k - 1]);
                cells[c] = static_cast<float>(error[k - 1] + part * (error[k] - error[k - 1]));
            }
        }
    }

    float operator()(float ratio) const {
        int32_t bits;
        std::memcpy(&bits, &ratio, 4);
        const int at = (bits >> (23 - BITS)) - ((127 + LOW) << BITS);
        if (at < 0) return 1.0f;  // 30 dB below the noise nothing is received, whatever the table says
        return cells[std::min(at, static_cast<int>(cells.size()) - 1)];
    }

private:
    static constexpr int BITS = 6, LOW = -10, HIGH = 20;  // octaves: -30 to 60 dB
    std::vector<float> cells;
};

enum Fate { RECEIVED, HALF_DUPLEX, SENSITIVITY, BUSY, PROPAGATION, COLLISION, FATES };

// Counts of packet and receiver by distance: the last bin holds all beyond.
struct Tally {
    double width = 25.0;
    int bins = 0;
    std::vector<int64_t> counts;  // bins x FATES

    void shape(double bin_width, int many) {
        width = bin_width;
        bins = many;
        counts.assign(static_cast<size_t>(bins) * FATES, 0);
    }

    // Bins are centred on whole multiples of the width.
    int bin(double d) const { return std::min(static_cast<int>(d / width + 0.5), bins - 1); }

    void count(int bin, Fate fate) { ++counts[static_cast<size_t>(bin) * FATES + fate]; }
};

// What an access layer has to tell since it was last asked.
struct Report {
    // A packet whose sending ended, or that was dropped; times in the access layer's own unit.
    struct Done {
        int64_t tag, sent, spent;  // sent: when it (last) began, -1: dropped; spent: from being handed over to its end
        int32_t received;          // receivers
    };
    std::vector<Done> done;
    std::vector<int64_t> tag;      // by delivery: the packet's
    std::vector<int32_t> to;       // and the station that received it
    bool tracing = false;          // whether fates are kept one by one
    std::vector<int64_t> traced_tag;
    std::vector<int32_t> traced_to;
    std::vector<uint8_t> traced_fate;

    void deliver(int64_t packet, int32_t station) {
        tag.push_back(packet);
        to.push_back(station);
    }

    // What is too weak to be sensed is not told.
    void trace(int64_t packet, int32_t station, Fate fate) {
        if (!tracing || fate == SENSITIVITY) return;
        traced_tag.push_back(packet);
        traced_to.push_back(station);
        traced_fate.push_back(static_cast<uint8_t>(fate));
    }

    void clear() {
        done.clear(); tag.clear(); to.clear();
    }

    void forget() {
        traced_tag.clear(); traced_to.clear(); traced_fate.clear();
    }
};

}  // namespace wayside
