// Sidelink with resources that stations choose themselves: LTE-V2X mode 4 and NR-V2X mode 2, slot by slot.
//
// Mode 4: TS 36.213 clause 14.1.1.6 (sensing, exclusion, ranking) and TS 36.321 clause 5.14.1 (reselection counter).
// Mode 2: TS 38.214 clause 8.1.4 (exclusion without ranking). A resource is a slot and a sub-channel; a packet takes one
// sub-channel. Powers are whole grains and draws hashes: nothing depends on the order of stations.
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
    int64_t sense = 0, floor = 0, threshold = 0, noise = 0, busy = 0;  // grains: SCI sensed; least S-RSSI told from
                                                                        // none; exclusion; noise; CBR
    bool rank = true;          // by averaged S-RSSI (mode 4)
    bool sensing = true, half_duplex = true, hidden = true;  // false: planted errors for tests
};

struct Message {
    int64_t arrival, expiry;   // slots
    int32_t station, table, once, received, listed;  // once: aperiodic, with a resource of its own
    int64_t tag, sent;         // slot, or -1: dropped
    uint64_t key;
};

class Sps {
public:
    SpsRules rules;
    std::vector<ErrorTable> tables;
    Tally tally;
    uint64_t seed = 0;
    std::vector<Message> finished;
    std::vector<int64_t> delivered_tag;
    std::vector<int32_t> delivered_to;
    int64_t links = 0, selections = 0;

    void attach(int n, const int64_t* link_start, const int32_t* link_other, const float* link_power,
                const uint64_t* station_id, const uint8_t* is_here, const uint8_t* is_listed, const uint8_t* is_measured,
                const double* px, const double* py) {
        row = link_start; other = link_other; power = link_power;
        id = station_id; here = is_here; listed = is_listed; measured = is_measured; x = px; y = py;
        if (loudness.empty()) {
            loudness.resize(rules.window);
            reserved.resize(rules.period);
            calendar.resize(rules.t2 + rules.period + rules.retry + 2);
        }
        const int known = static_cast<int>(stations.size());
        if (n > known) {
            stations.resize(n);
            const size_t wide = static_cast<size_t>(n) * rules.channels;
            for (auto& slot : loudness) slot.resize(wide, 0);
            for (auto& slot : reserved) slot.resize(wide, 0);
            level.resize(wide, 0);
            sending.resize(n, 0);
        }
        for (int i = 0; i < n; ++i) {
            Station& s = stations[i];
            if (!here[i] || s.id != id[i]) leave(i);
            s.id = id[i];
        }
    }

    void submit(int station, int table, int64_t arrival, int64_t expiry, int once, int64_t tag) {
        Message m{};
        m.arrival = std::max(arrival, now); m.expiry = expiry; m.station = station; m.table = table; m.once = once;
        m.tag = tag; m.sent = -1;
        m.key = hash(seed, stations[station].id, stations[station].sequence++);
        arrivals.push_back(m);
    }

    void advance(int64_t until) {
        finished.clear(); delivered_tag.clear(); delivered_to.clear();
        std::stable_sort(arrivals.begin(), arrivals.end(),
                         [](const Message& a, const Message& b) { return a.arrival < b.arrival; });
        size_t next = 0;
        for (; now < until; ++now) {
            for (; next < arrivals.size() && arrivals[next].arrival <= now; ++next) arrive(arrivals[next]);
            slot();
        }
        arrivals.erase(arrivals.begin(), arrivals.begin() + static_cast<std::ptrdiff_t>(next));
    }

    // Share of sub-channels of the last 100 ms above rules.busy (TS 36.214 clause 5.1.30), by station; its own slots
    // apart.
    void busy_ratio(float* ratio, int n) const {
        const uint8_t bound = code(rules.busy);
        const int64_t span = std::min<int64_t>(std::min(rules.window / 10, rules.window), now);
        for (int i = 0; i < n; ++i) {
            int64_t busy = 0, seen = 0;
            for (int64_t t = now - span; t < now; ++t) {
                const uint8_t* at = loudness[t % rules.window].data() + static_cast<size_t>(i) * rules.channels;
                for (int c = 0; c < rules.channels; ++c) {
                    if (at[c] == DEAF) continue;
                    ++seen;
                    busy += at[c] > bound;
                }
            }
            ratio[i] = seen ? static_cast<float>(static_cast<double>(busy) / static_cast<double>(seen)) : 0.0f;
        }
    }

    int64_t time() const { return now; }

private:
    // Measured powers are kept in steps of 0.5 dB above -140 dBm, one byte each.
    static constexpr uint8_t DEAF = 255;
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
    static uint8_t code(int64_t p) {
        static const Coder coder;
        if (p <= 0) return 0;
        const float value = static_cast<float>(p);
        int32_t bits;
        std::memcpy(&bits, &value, 4);
        return coder.steps[(bits >> (23 - Coder::BITS)) - (127 << Coder::BITS)];
    }
    struct Decoded {
        float mw[256];
        Decoded() {
            for (int c = 0; c < 256; ++c) mw[c] = c && c < DEAF ? static_cast<float>(std::pow(10.0, (c / 2.0 - 140.0) / 10.0)) : 0.0f;
        }
    };

    struct Station {
        uint64_t id = 0, sequence = 0, draws = 0;
        int64_t grant = -1;        // slot of the next reserved resource
        int32_t channel = 0, counter = 0, again = 0;  // again: slots from the first to the second sending
        int64_t own[32];           // its last slots of sending
        int32_t own_count = 0;
        bool waiting = false;
        Message message{};
        uint32_t life = 0;         // changes with the owner of the slot
    };
    struct Booking {
        int32_t station, channel, kind;  // kind 0: reserved, 1: once, 2: second sending
        uint32_t life;
        Message message;
    };
    struct Sending {
        int32_t station, channel;
        bool reserves, last;
        Message message;
        int first;  // index into `memories`, or -1
    };
    // What receivers got of a packet's first sending, for combining.
    struct Memory {
        std::vector<int32_t> who;
        std::vector<float> ratio;  // negative: received
        uint64_t key = 0;
        bool used = false;
    };

    std::vector<Station> stations;
    std::vector<std::vector<uint8_t>> loudness, reserved;  // by slot (modulo), station and sub-channel
    std::vector<std::vector<Booking>> calendar;
    std::vector<int64_t> level;
    std::vector<uint8_t> sending;
    std::vector<Sending> now_sent;
    std::vector<int64_t> touched;
    std::vector<Message> arrivals;
    std::vector<Memory> memories;
    int64_t now = 0;
    const int64_t* row = nullptr;
    const int32_t* other = nullptr;
    const float* power = nullptr;
    const uint64_t* id = nullptr;
    const uint8_t *here = nullptr, *listed = nullptr, *measured = nullptr;
    const double *x = nullptr, *y = nullptr;

    void leave(int i) {
        Station& s = stations[i];
        if (s.id == 0 && s.sequence == 0) return;
        if (s.waiting) finished.push_back(s.message);
        const uint32_t life = s.life + 1;
        s = Station{};
        s.life = life;
        for (auto& slot : loudness) std::fill_n(slot.begin() + static_cast<std::ptrdiff_t>(i) * rules.channels, rules.channels, 0);
        for (auto& slot : reserved) std::fill_n(slot.begin() + static_cast<std::ptrdiff_t>(i) * rules.channels, rules.channels, 0);
    }

    float luck(Station& s) { return unit(hash(seed ^ 0x13198a2e03707344ULL, s.id, s.draws++)); }

    void book(int64_t slot, const Booking& b) { calendar[slot % static_cast<int64_t>(calendar.size())].push_back(b); }

    void arrive(Message m) {
        const int i = m.station;
        Station& s = stations[i];
        if (!here[i]) { finished.push_back(m); return; }
        if (m.once) {
            int64_t slot, second;
            int channel;
            select(i, slot, channel, second);
            book(slot, {i, channel, 1, s.life, m});
            return;
        }
        if (s.waiting) finished.push_back(s.message);  // a newer one takes its place
        s.message = m;
        s.waiting = true;
        if (s.counter > 0) return;
        int64_t slot, second;
        select(i, slot, s.channel, second);
        s.again = second > 0 ? static_cast<int32_t>(second - slot) : 0;
        s.counter = rules.counter_low + static_cast<int>(luck(s) * static_cast<float>(rules.counter_high - rules.counter_low + 1));
        s.grant = slot;
        book(slot, {i, s.channel, 0, s.life, {}});
    }

    // A resource in [now + t1, now + t2] for station i.
    void select(int i, int64_t& slot, int& channel, int64_t& second) {
        static const Decoded decoded;
        ++selections;
        Station& s = stations[i];
        const int span = rules.t2 - rules.t1 + 1;
        const int C = rules.channels;
        const int total = span * C;
        second = 0;
        thread_local std::vector<int> left;
        left.clear();
        if (rules.sensing) {
            bool barred[1024] = {};  // by slot of the window: not sensed because the station was sending
            for (int k = 0; k < std::min(s.own_count, 32); ++k) {
                if (now - s.own[k] > rules.window) continue;
                for (int v = 0; v < span; ++v) {
                    if ((now + rules.t1 + v - s.own[k]) % rules.period == 0) barred[v] = true;
                }
            }
            double bound = static_cast<double>(rules.threshold);
            const int need = std::max(1, static_cast<int>(std::ceil(rules.share * total - 1e-9)));
            for (int round = 0; round < 64; ++round, bound *= rules.raise) {
                left.clear();
                const uint8_t limit = code(static_cast<int64_t>(std::min(bound, 9e18)));
                for (int v = 0; v < span; ++v) {
                    if (barred[v]) continue;
                    const uint8_t* heard = reserved[(now + rules.t1 + v) % rules.period].data() + static_cast<size_t>(i) * C;
                    for (int c = 0; c < C; ++c) if (heard[c] == 0 || heard[c] <= limit) left.push_back(v * C + c);
                }
                if (static_cast<int>(left.size()) >= need || limit == 254) break;
            }
            if (left.empty()) for (int v = 0; v < total; ++v) left.push_back(v);
            if (rules.rank && static_cast<int>(left.size()) > need) {
                thread_local std::vector<std::pair<float, uint32_t>> ranks;
                ranks.clear();
                const uint64_t ties = hash(seed ^ 0xa4093822299f31d0ULL, s.id, s.draws++);
                const int times = rules.window / rules.period;
                for (const int v : left) {
                    float sum = 0.0f;
                    int seen = 0;
                    int64_t at = now + rules.t1 + v / C - rules.period;
                    while (at >= now) at -= rules.period;
                    for (int j = 0; j < times; ++j, at -= rules.period) {
                        if (at < 0 || at < now - rules.window) break;
                        const uint8_t value = loudness[at % rules.window][static_cast<size_t>(i) * C + v % C];
                        if (value == DEAF) continue;
                        sum += decoded.mw[value];
                        ++seen;
                    }
                    ranks.emplace_back(seen ? sum / static_cast<float>(seen) : 0.0f, static_cast<uint32_t>(mix(ties + static_cast<uint64_t>(v))));
                }
                // The best share; equal ones in random order.
                thread_local std::vector<int> order;
                order.resize(left.size());
                for (size_t k = 0; k < left.size(); ++k) order[k] = static_cast<int>(k);
                std::nth_element(order.begin(), order.begin() + need, order.end(), [&](int a, int b) {
                    return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : left[a] < left[b];
                });
                order.resize(need);
                std::sort(order.begin(), order.end());
                thread_local std::vector<int> best;
                best.clear();
                for (const int k : order) best.push_back(left[k]);
                left.swap(best);
            }
        } else {
            for (int v = 0; v < total; ++v) left.push_back(v);
        }
        const int chosen = left[static_cast<size_t>(luck(s) * static_cast<float>(left.size()))];
        slot = now + rules.t1 + chosen / C;
        channel = chosen % C;
        if (rules.retry > 0) {
            // The second sending: among what is left, within `retry` slots, on the same sub-channel.
            thread_local std::vector<int> later;
            later.clear();
            for (const int v : left) {
                if (v % C == channel && v / C != chosen / C && std::abs(v / C - chosen / C) <= rules.retry) later.push_back(v);
            }
            if (!later.empty()) {
                const int v = later[static_cast<size_t>(luck(s) * static_cast<float>(later.size()))];
                int64_t one = slot, two = now + rules.t1 + v / C;
                slot = std::min(one, two);
                second = std::max(one, two);
            }
        }
    }

    void slot() {
        now_sent.clear();
        auto& due = calendar[now % static_cast<int64_t>(calendar.size())];
        thread_local std::vector<Booking> bookings;
        bookings.clear();
        bookings.swap(due);
        for (const Booking& b : bookings) {
            Station& s = stations[b.station];
            if (!here[b.station] || s.life != b.life) {
                if (b.kind == 2) forget(b.message.key);
                if (b.kind) finished.push_back(b.message);
                continue;
            }
            if (b.kind == 0) {
                if (s.counter > 0 && s.grant == now) reserved_slot(b.station);
            } else if (b.kind == 1) {
                if (b.message.expiry <= now) { finished.push_back(b.message); continue; }
                Message m = b.message;
                m.sent = now;
                now_sent.push_back({b.station, b.channel, false, true, m, -1});
            } else {
                now_sent.push_back({b.station, b.channel, s.counter > 0, true, b.message, find(b.message.key)});
            }
        }
        for (const Sending& t : now_sent) {
            sending[t.station] = 1;
            Station& s = stations[t.station];
            s.own[s.own_count++ % 32] = now;
        }
        deliver();
        remember();
        for (const Sending& t : now_sent) sending[t.station] = 0;
    }

    // The reserved resource of this slot: used if a packet waits, then reserved again, kept or given up.
    void reserved_slot(int i) {
        Station& s = stations[i];
        if (s.waiting && s.message.expiry <= now) {
            finished.push_back(s.message);
            s.waiting = false;
        }
        --s.counter;
        if (s.counter == 0 && luck(s) < static_cast<float>(rules.keep)) {
            s.counter = rules.counter_low + static_cast<int>(luck(s) * static_cast<float>(rules.counter_high - rules.counter_low + 1));
        }
        const bool on = s.counter > 0;
        if (on) {
            s.grant = now + rules.period;
            book(s.grant, {i, s.channel, 0, s.life, {}});
        }
        if (!s.waiting) return;
        s.waiting = false;
        Message m = s.message;
        m.sent = now;
        now_sent.push_back({i, s.channel, on, s.again == 0, m, -1});
    }

    int find(uint64_t key) const {
        for (size_t k = 0; k < memories.size(); ++k) if (memories[k].used && memories[k].key == key) return static_cast<int>(k);
        return -1;
    }

    void forget(uint64_t key) {
        const int k = find(key);
        if (k >= 0) memories[k].used = false;
    }

    int memory(uint64_t key) {
        for (size_t k = 0; k < memories.size(); ++k) {
            if (memories[k].used) continue;
            memories[k].used = true;
            memories[k].key = key;
            memories[k].who.clear();
            memories[k].ratio.clear();
            return static_cast<int>(k);
        }
        memories.emplace_back();
        memories.back().used = true;
        memories.back().key = key;
        return static_cast<int>(memories.size()) - 1;
    }

    void deliver() {
        const int C = rules.channels;
        touched.clear();
        for (const Sending& t : now_sent) {
            for (int64_t m = row[t.station]; m < row[t.station + 1]; ++m) {
                const int64_t p = grains(power[m]);
                if (p == 0) continue;
                const int64_t at = static_cast<int64_t>(other[m]) * C + t.channel;
                if (level[at] == 0) touched.push_back(at);
                level[at] += p;
            }
            links += row[t.station + 1] - row[t.station];
        }
        auto& told = reserved[now % rules.period];
        std::fill(told.begin(), told.end(), 0);
        const float noise = static_cast<float>(rules.noise);
        for (Sending& t : now_sent) {
            const int i = t.station;
            Message& packet = t.message;
            const ErrorTable& error = tables[packet.table];
            const bool first = !t.last;
            const int note = first ? memory(packet.key) : -1;
            for (int64_t m = row[i]; m < row[i + 1]; ++m) {
                const int64_t p = grains(power[m]);
                if (p == 0) continue;
                const int j = other[m];
                Fate fate;
                float ratio = 0.0f;
                if (sending[j] && rules.half_duplex) fate = HALF_DUPLEX;
                else if (p < rules.sense) fate = SENSITIVITY;
                else {
                    const int64_t beside = rules.hidden ? level[static_cast<int64_t>(j) * C + t.channel] - p : 0;
                    // One SCI can be read in a sub-channel, the strongest; it tells of the next sending there.
                    if (t.reserves && p >= beside) told[static_cast<size_t>(j) * C + t.channel] = std::max<uint8_t>(1, code(p));
                    ratio = static_cast<float>(p) / (noise + static_cast<float>(beside));
                    if (t.first >= 0) ratio += former(t.first, j);
                    const float draw = unit(hash(packet.key, stations[j].id, t.first >= 0));
                    if (draw >= error(ratio)) fate = RECEIVED;
                    else fate = draw < error(static_cast<float>(p) / noise) ? PROPAGATION : COLLISION;
                }
                if (note >= 0) {
                    memories[note].who.push_back(j);
                    memories[note].ratio.push_back(fate == RECEIVED ? -1.0f : ratio);
                    if (fate != RECEIVED) continue;  // judged after the second sending
                }
                if (t.first >= 0 && former(t.first, j) < 0.0f) continue;  // has it already
                if (fate == RECEIVED) {
                    ++packet.received;
                    if (listed[j]) {
                        ++packet.listed;
                        delivered_tag.push_back(packet.tag);
                        delivered_to.push_back(j);
                    }
                }
                if (measured[i]) tally.add(x[i] - x[j], y[i] - y[j], fate);
            }
            if (t.first >= 0) memories[t.first].used = false;
            if (t.last) finished.push_back(packet);
            else book(now + stations[i].again, {i, t.channel, 2, stations[i].life, packet});
        }
    }

    float former(int note, int j) const {
        const Memory& m = memories[note];
        const auto at = std::lower_bound(m.who.begin(), m.who.end(), j);
        return at != m.who.end() && *at == j ? m.ratio[at - m.who.begin()] : 0.0f;
    }

    // What each station has measured in this slot.
    void remember() {
        const int C = rules.channels;
        auto& heard = loudness[now % rules.window];
        std::fill(heard.begin(), heard.end(), quiet());
        for (const int64_t at : touched) {
            if (level[at] >= rules.floor) heard[at] = code(level[at] + rules.noise);
            level[at] = 0;
        }
        if (!rules.half_duplex) return;
        for (const Sending& t : now_sent) {
            std::fill_n(heard.begin() + static_cast<std::ptrdiff_t>(t.station) * C, C, DEAF);
        }
    }

    uint8_t quiet() const { return code(rules.noise); }
};

}  // namespace wayside
