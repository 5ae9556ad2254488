// Who has heard whom of late, and how long ago: a hash table of pairs with open addressing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "hashing.hpp"

namespace wayside {

class NeighbourTable {
public:
    static constexpr int VALUES = 9;      // of a message's content
    static constexpr int STATION = 5;     // which of them is the sender's number
    static constexpr int LIFETIME = 20;   // ticks for which a sender counts as a neighbour
    static constexpr int GAPS = 50;       // ticks; a longer silence is no gap, but an end
    static constexpr int BINS = 40;       // of BIN m each
    static constexpr double BIN = 25.0;

    NeighbourTable() : table(LEAST), said(LIFETIME + 1), gaps(BINS * GAPS) {}

    // Pair k brings packet[k] to receiver[k]. By packet: sender, content, where it was sent from (x, y [m]); by
    // receiver: station number and position.
    void hear(
        const int* packet,
        const int* receiver,
        long long pairs,
        const int* sender,
        const double* content,
        const double* x,
        const double* y,
        long long packets,
        const long long* station,
        const double* at_x,
        const double* at_y,
        long long tick
    ) {
        if (!pairs) return;
        const int first = keep(content, packets, tick);
        for (long long k = 0; k < pairs; ++k) {
            if (k + AHEAD < pairs) {
                __builtin_prefetch(&table[place(receiver[k + AHEAD], sender[packet[k + AHEAD]])], 1);
            }
            const int p = packet[k], r = receiver[k];
            const uint32_t mine = static_cast<uint32_t>(station[r]);
            const uint32_t theirs = static_cast<uint32_t>(static_cast<long long>(content[p * VALUES + STATION]));
            Pair& pair = *find(r, sender[p]);
            if (pair.receiver < 0) {
                pair = {r, sender[p], mine, theirs, tick, first + p, 0};
                widest = std::max(widest, sender[p] + 1);
                if (2 * ++used > table.size()) forget(tick - GAPS, true);
                continue;
            }
            const bool same = pair.receiver_station == mine && pair.sender_station == theirs;
            if (same) count(tick - pair.tick, x[p] - at_x[r], y[p] - at_y[r]);
            if (!same || tick >= pair.tick) {
                pair.receiver_station = mine;
                pair.sender_station = theirs;
                pair.tick = tick;
                pair.row = first + p;
            }
        }
    }

    // Drop the pairs last heard before a tick, and the memory that they took.
    void forget(long long before, bool is_full = false) {
        std::size_t left = 0;
        for (const Pair& pair : table) left += pair.receiver >= 0 && pair.tick >= before;
        if (left == used && !is_full) return;
        std::size_t size = LEAST;
        while (size < 3 * left) size *= 2;
        std::vector<Pair> old(size);
        old.swap(table);
        used = left;
        for (const Pair& pair : old) {
            if (pair.receiver >= 0 && pair.tick >= before) *find(pair.receiver, pair.sender) = pair;
        }
    }

    // Whom a receiver has heard in the last LIFETIME ticks, by ascending sender; `state` N x VALUES.
    void of(
        int receiver,
        long long station,
        long long now,
        std::vector<int>& senders,
        std::vector<long long>& heard,
        std::vector<double>& state
    ) {
        for (int s = 0; s < widest; ++s) {
            const Pair& pair = *find(receiver, s);
            if (pair.receiver < 0 || pair.receiver_station != static_cast<uint32_t>(station)) continue;
            if (pair.tick < now - LIFETIME || pair.tick > now) continue;
            const Said& words = said[index(pair.tick)];
            if (words.tick != pair.tick) continue;
            senders.push_back(s);
            heard.push_back(pair.tick);
            const double* row = words.content.data() + static_cast<std::size_t>(pair.row) * VALUES;
            state.insert(state.end(), row, row + VALUES);
        }
    }

    std::size_t pairs() const { return used; }
    std::size_t places() const { return table.size(); }
    const std::vector<long long>& histogram() const { return gaps; }

private:
    static constexpr std::size_t LEAST = 1024;
    static constexpr int AHEAD = 12;  // pairs: a place is fetched while the ones before are worked on

    // Half a cache line. A slot may have a new vehicle: station numbers (the low 32 bits) tell.
    struct Pair {
        int receiver = -1;  // none: the place is free
        int sender = 0;
        uint32_t receiver_station = 0;
        uint32_t sender_station = 0;
        long long tick = 0;
        int row = 0;  // of what was said in that tick
        int unused = 0;
    };

    // All that was heard in one tick; a pair only refers to it.
    struct Said {
        long long tick = -1;
        std::vector<double> content;
    };

    std::vector<Pair> table;  // a power of two, at most half full
    std::vector<Said> said;   // by tick, in a circle
    std::vector<long long> gaps;
    std::size_t used = 0;
    int widest = 0;  // above all senders

    static std::size_t index(long long tick) { return static_cast<std::size_t>(tick) % (LIFETIME + 1); }

    std::size_t place(int receiver, int sender) const {
        const uint64_t high = static_cast<uint32_t>(receiver), key = high << 32 | static_cast<uint32_t>(sender);
        return mix(key + 0x9e3779b97f4a7c15ULL) & (table.size() - 1);
    }

    // The pair's place, or the free one where it would stand.
    Pair* find(int receiver, int sender) {
        std::size_t at = place(receiver, sender);
        while (table[at].receiver >= 0 && (table[at].receiver != receiver || table[at].sender != sender)) {
            at = (at + 1) & (table.size() - 1);
        }
        return &table[at];
    }

    // Keep what is said; the row of the first packet.
    int keep(const double* content, long long packets, long long tick) {
        Said& words = said[index(tick)];
        if (words.tick != tick) {
            words.tick = tick;
            words.content.clear();
        }
        const int first = static_cast<int>(words.content.size() / VALUES);
        words.content.insert(words.content.end(), content, content + packets * VALUES);
        return first;
    }

    void count(long long gap, double dx, double dy) {
        if (gap < 1 || gap > GAPS) return;
        const double d = std::sqrt(dx * dx + dy * dy);
        if (d < BINS * BIN) ++gaps[static_cast<std::size_t>(d / BIN) * GAPS + gap - 1];
    }
};

}  // namespace wayside
