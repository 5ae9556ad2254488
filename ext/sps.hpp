// Sidelink with resources that stations choose themselves: LTE-V2X mode 4 and NR-V2X mode 2, slot by slot.
//
// Reservations as in TS 36.321 clause 5.14.1 (mode 2: TS 38.321 clause 5.22.1); sensing.hpp chooses the resources. A
// packet takes one or more neighbouring sub-channels of a slot and spreads its power over them. Powers are whole grains
// and draws hashes: nothing depends on the order of stations.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "crew.hpp"
#include "links.hpp"
#include "sensing.hpp"

namespace wayside {

struct Message {
    int64_t arrival, expiry;   // slots
    int32_t station, table, width, once, received;  // width: sub-channels; once: aperiodic, with a resource of its own
    int32_t told;              // 0: who receives it is only counted, but for those always listed
    uint32_t life;             // the station's, when it was handed over
    int64_t tag, sent;         // sent: slot in which it was last sent, or -1: never
    uint64_t key;
};

class Sps {
public:
    SpsRules rules;
    // In-band emission: power in a sub-channel as a share of that in each one given, by width less one, first one given
    // and sub-channel. Empty: none.
    std::vector<double> emission;
    std::vector<ErrorTable> tables;
    Tally tally;
    uint64_t seed = 0;
    Report report;             // times in slots
    int64_t carried = 0, selections = 0;  // carried: packets x stations that they came to

    // The links until the next call, and for each station: listed (deliveries to it are told one by one: 1: of packets that
    // are told, 2: of all), measured (its packets go to the tally).
    void attach(Links& now_links, const uint8_t* is_listed, const uint8_t* is_measured) {
        links = &now_links; listed = is_listed; measured = is_measured;
        const int n = links->count;
        calendar.resize(rules.t2 + rules.period + rules.retry + 2);
        if (n > static_cast<int>(stations.size())) {
            stations.resize(n);
            sensing.grow(rules, n);
            level.resize(static_cast<size_t>(n) * rules.channels, 0);
            sending.resize(n, 0);
        }
        for (int i = 0; i < n; ++i) {
            Station& s = stations[i];
            const bool same = s.present && here(i) && s.id == links->id[i];
            if (!same && (s.present || here(i))) leave(i);
            s.id = links->id[i];
            s.present = here(i);
        }
    }

    void submit(int station, int table, int width, int64_t arrival, int64_t expiry, int once, int64_t tag,
                int told) {
        Station& s = stations[station];
        Message m{};
        m.arrival = std::max(arrival, now); m.expiry = expiry; m.station = station; m.table = table; m.width = width;
        m.once = once; m.life = s.life; m.tag = tag; m.told = told; m.sent = -1;
        m.key = s.submitted(seed, s.id, m.arrival);
        arrivals.push_back(m);
    }

    // Let time pass; with more threads than this one, the others work out ahead who hears those that will send.
    void advance(int64_t until, int threads) {
        if (calendar.empty()) { now = std::max(now, until); return; }  // nobody has ever been there
        std::stable_sort(arrivals.begin(), arrivals.end(),
                         [](const Message& a, const Message& b) { return a.arrival < b.arrival; });
        look_ahead(until, threads);
        size_t next = 0;
        for (; now < until; ++now) {
            if (!crowded.empty()) {
                thread_local std::vector<Message> again;
                again.clear();
                again.swap(crowded);
                for (const Message& m : again) arrive(m);
            }
            for (; next < arrivals.size() && arrivals[next].arrival <= now; ++next) arrive(arrivals[next]);
            slot();
        }
        // Whoever might have sent has its row, whether it has sent or not: shadows know of when they were asked for.
        ahead.finish([this](int i, Heard& row) { prepare(i, row); });
        arrivals.erase(arrivals.begin(), arrivals.begin() + static_cast<std::ptrdiff_t>(next));
    }

    void busy_ratio(float* ratio, int n) const {
        if (!sensing.empty()) sensing.busy_ratio(rules, now, ratio, n);
    }

    int64_t time() const { return now; }

private:
    struct Own {
        int64_t slot, until;       // it has not sensed this slot, which matters until then
    };
    struct Station {
        uint64_t id = 0;
        Draws submitted, choices, ties;
        int64_t grant = -1;        // slot of the next reserved resource
        int32_t channel = 0, width = 0, table = 0, counter = 0, again = 0;  // again: slots to the second sending
        std::vector<Own> own;      // its last slots of sending
        std::vector<int64_t> ahead;  // slots in which it will send, those of its reservation apart
        bool waiting = false, present = false;
        Message message{};
        uint32_t life = 0;         // changes with the owner of the slot
    };
    enum Kind { RESERVED, ONCE, SECOND };
    struct Booking {
        int32_t station, channel, again;
        Kind kind;
        uint32_t life;
        Message message;
    };
    struct Sending {
        int32_t station, channel, again;  // again: slots until it is sent a second time, 0: never
        bool reserves;
        Message message;
        int first;  // index into `memories`, or -1
    };
    struct Resource {
        int64_t slot, second;      // second: of the second sending, 0: none
        int channel;
    };
    // What receivers got of a packet's first sending, for combining.
    struct Memory {
        std::vector<int32_t> who;
        std::vector<uint64_t> id;
        std::vector<float> ratio;  // negative: received
        std::vector<int32_t> at;   // by station: its place among these, or -1
        uint64_t key = 0;
        bool used = false;
    };

    std::vector<Station> stations;
    Sensing sensing;
    std::vector<std::vector<Booking>> calendar;
    std::vector<int64_t> level;
    std::vector<uint8_t> sending;
    std::vector<Sending> now_sent;
    std::vector<int64_t> touched;
    std::vector<Message> arrivals, crowded;  // crowded: found no slot, and try again in the next one
    std::vector<Memory> memories;
    int64_t now = 0;
    Links* links = nullptr;
    const uint8_t *listed = nullptr, *measured = nullptr;
    // Who hears a packet, and how loud [grains].
    struct Heard : Row {
        std::vector<std::pair<int32_t, int64_t>> who;
    };
    std::vector<Heard> heard;  // by packet of `now_sent`
    Ahead<Heard> ahead;

    bool here(int i) const { return i < links->count && links->place[i] >= 0; }

    void prepare(int i, Heard& row) {
        links->hear(i, row);
        row.who.clear();
        for (int k = 0; k < row.lanes(); ++k) {
            const int64_t p = grains(row.power[k]);
            if (p > 0) row.who.emplace_back(links->station[row.place(k)], p);
        }
    }

    // Those who may send until then, as far as that is known.
    void look_ahead(int64_t until, int threads) {
        std::vector<int32_t> senders;
        std::vector<uint8_t> seen(stations.size(), 0);
        auto add = [&](int32_t i, bool sends) {
            if (!sends || !here(i) || seen[i]) return;
            seen[i] = 1;
            senders.push_back(i);
        };
        const int64_t size = static_cast<int64_t>(calendar.size());
        for (int64_t slot = now; slot < std::min(until, now + size); ++slot) {
            for (const Booking& b : calendar[slot % size]) add(b.station, b.kind != RESERVED || stations[b.station].waiting);
        }
        for (const Message& m : arrivals) add(m.station, m.arrival < until);
        ahead.start(senders, static_cast<int>(stations.size()), threads - 1, [this](int i, Heard& row) { prepare(i, row); });
    }

    void finish(const Message& m) {
        report.done.push_back({m.tag, m.sent, (m.sent < 0 ? now : m.sent + 1) - m.arrival, m.received});
    }

    void leave(int i) {
        Station& s = stations[i];
        if (s.waiting) finish(s.message);
        const uint32_t life = s.life + 1;
        s = Station{};
        s.life = life;
        sensing.clear(rules, i);
    }

    float luck(Station& s) { return unit(s.choices(seed ^ 0x13198a2e03707344ULL, s.id, now)); }

    int32_t draw_counter(Station& s) {
        return rules.counter_low + static_cast<int>(luck(s) * static_cast<float>(rules.counter_high - rules.counter_low + 1));
    }

    void book(int64_t slot, const Booking& b) { calendar[slot % static_cast<int64_t>(calendar.size())].push_back(b); }

    void arrive(const Message& m) {
        const int i = m.station;
        Station& s = stations[i];
        if (!here(i) || s.life != m.life || m.expiry <= now) { finish(m); return; }
        Resource found;
        if (m.once) {
            if (!select(i, m.width, found)) { crowded.push_back(m); return; }
            const int32_t again = found.second ? static_cast<int32_t>(found.second - found.slot) : 0;
            s.ahead.push_back(found.slot);
            if (again) s.ahead.push_back(found.second);
            book(found.slot, {i, found.channel, again, ONCE, s.life, m});
            return;
        }
        // A packet that does not fit into the reservation gives it up (TS 36.321 clause 5.14.1.1).
        const bool fits = s.counter > 0 && m.width <= s.width;
        if (!fits) {
            s.counter = 0;
            if (!select(i, m.width, found)) { crowded.push_back(m); return; }
            s.channel = found.channel;
            s.width = m.width;
            s.table = m.table;
            s.again = found.second ? static_cast<int32_t>(found.second - found.slot) : 0;
            s.counter = draw_counter(s);
            s.grant = found.slot;
            book(found.slot, {i, found.channel, s.again, RESERVED, s.life, {}});
        }
        if (s.waiting) finish(s.message);  // a newer one takes its place
        s.message = m;
        s.waiting = true;
    }

    // A resource in [now + t1, now + t2] for station i; false where it sends in every slot of them already.
    bool select(int i, int width, Resource& found) {
        ++selections;
        Station& s = stations[i];
        const int64_t begin = now + rules.t1;
        const int span = rules.t2 - rules.t1 + 1;
        const int places = rules.channels - width + 1;
        Window window;
        s.own.erase(std::remove_if(s.own.begin(), s.own.end(), [this](const Own& o) { return o.until < now; }), s.own.end());
        s.ahead.erase(std::remove_if(s.ahead.begin(), s.ahead.end(), [this](int64_t a) { return a <= now; }), s.ahead.end());
        for (const Own& o : s.own) Window::mark(window.unsensed, o.slot, begin, span, rules.period);
        for (const int64_t a : s.ahead) Window::mark(window.taken, a, begin, span, rules.period);
        if (s.counter > 0) {
            Window::mark(window.taken, s.grant, begin, span, rules.period);
            if (s.again) Window::mark(window.taken, s.grant + s.again, begin, span, rules.period);
        }
        thread_local std::vector<int> left;
        sensing.candidates(rules, i, now, width, window,
                           [&] { return s.ties(seed ^ 0xa4093822299f31d0ULL, s.id, now); }, left);
        if (left.empty()) return false;
        const int chosen = left[static_cast<size_t>(luck(s) * static_cast<float>(left.size()))];
        found = {begin + chosen / places, 0, chosen % places};
        if (rules.retry > 0) {
            // The second sending: among what is left, within `retry` slots, on the same sub-channels.
            thread_local std::vector<int> later;
            later.clear();
            for (const int v : left) {
                if (v % places == found.channel && v / places != chosen / places && std::abs(v / places - chosen / places) <= rules.retry) later.push_back(v);
            }
            if (!later.empty()) {
                const int v = later[static_cast<size_t>(luck(s) * static_cast<float>(later.size()))];
                const int64_t one = found.slot, two = begin + v / places;
                found.slot = std::min(one, two);
                found.second = std::max(one, two);
            }
        }
        return true;
    }

    void slot() {
        now_sent.clear();
        auto& due = calendar[now % static_cast<int64_t>(calendar.size())];
        thread_local std::vector<Booking> bookings;
        bookings.clear();
        bookings.swap(due);
        for (const Booking& b : bookings) {
            Station& s = stations[b.station];
            if (!here(b.station) || s.life != b.life) {
                if (b.kind == SECOND) abandon(b.message);
                else if (b.kind == ONCE) finish(b.message);
                continue;
            }
            if (b.kind == RESERVED) {
                if (s.counter > 0 && s.grant == now) reserved_slot(b.station);
            } else if (b.kind == ONCE) {
                if (b.message.expiry <= now) { finish(b.message); continue; }
                now_sent.push_back({b.station, b.channel, b.again, false, b.message, -1});
            } else {
                now_sent.push_back({b.station, b.channel, 0, !b.message.once && s.counter > 0, b.message, find(b.message.key)});
            }
        }
        for (Sending& t : now_sent) {
            if (sending[t.station]) throw std::logic_error("a station sends twice in one slot");
            t.message.sent = now;
            sending[t.station] = 1;
            Station& s = stations[t.station];
            // By a slot that went unsensed nobody can have reserved one that is more than a period away (TS 36.213
            // clause 14.1.1.6, step 5). A station keeps off its own former reservations for as long as it senses: so
            // the model was held against the published curves.
            if (!s.own.empty() && s.own.front().until < now) s.own.erase(s.own.begin());
            s.own.push_back({now, now + (t.message.once ? rules.period - 1 : rules.window)});
        }
        deliver();
        remember();
        for (const Sending& t : now_sent) sending[t.station] = 0;
    }

    // The reserved resource of this slot: used if a packet waits, then reserved again, kept or given up.
    void reserved_slot(int i) {
        Station& s = stations[i];
        if (s.waiting && s.message.expiry <= now) {
            finish(s.message);
            s.waiting = false;
        }
        --s.counter;
        if (s.counter == 0 && luck(s) < static_cast<float>(rules.keep)) s.counter = draw_counter(s);
        const bool on = s.counter > 0;
        if (on) {
            s.grant = now + rules.period;
            book(s.grant, {i, s.channel, s.again, RESERVED, s.life, {}});
        }
        if (!s.waiting) return;
        s.waiting = false;
        Message m = s.message;
        m.width = s.width;  // a smaller packet is padded
        m.table = std::max(m.table, s.table);
        now_sent.push_back({i, s.channel, s.again, on, m, -1});
    }

    int find(uint64_t key) const {
        for (size_t k = 0; k < memories.size(); ++k) if (memories[k].used && memories[k].key == key) return static_cast<int>(k);
        return -1;
    }

    int memory(uint64_t key) {
        size_t k = 0;
        while (k < memories.size() && memories[k].used) ++k;
        if (k == memories.size()) memories.emplace_back();
        Memory& m = memories[k];
        m.used = true;
        m.key = key;
        for (const int32_t j : m.who) m.at[j] = -1;
        m.at.resize(stations.size(), -1);
        m.who.clear(); m.id.clear(); m.ratio.clear();
        return static_cast<int>(k);
    }

    // The sender has gone before the second sending: what the first one brought counts.
    void abandon(Message m) {
        const int k = find(m.key);
        if (k >= 0) tell_first(memories[k], m);
        finish(m);
    }

    // The receivers of a packet's first sending.
    void tell_first(Memory& first, Message& m) {
        for (size_t k = 0; k < first.who.size(); ++k) {
            const int j = first.who[k];
            if (first.ratio[k] < 0.0f && here(j) && stations[j].id == first.id[k]) settle(m, j, RECEIVED);
        }
        first.used = false;
    }

    // What in the end became of a packet at station j.
    void settle(Message& m, int j, Fate fate) {
        if (fate == RECEIVED) {
            ++m.received;
            if (listed[j] > !m.told) report.deliver(m.tag, j);
        }
        const int i = m.station;
        if (measured[i]) tally.count(tally.bin(links->distance(links->place[i], links->place[j])), fate);
        if (report.tracing) report.trace(m.tag, j, fate);
    }

    void deliver() {
        const int C = rules.channels;
        touched.clear();
        auto receive = [this](int64_t at, int64_t p) {
            if (p == 0) return;
            if (level[at] == 0) touched.push_back(at);
            level[at] += p;
        };
        heard.resize(std::max(heard.size(), now_sent.size()));
        for (size_t k = 0; k < now_sent.size(); ++k) {
            const Sending& t = now_sent[k];
            if (!ahead.take(t.station, heard[k])) prepare(t.station, heard[k]);
            const int width = t.message.width, end = t.channel + width;
            const double* share = emission.empty() ? nullptr : &emission[((width - 1) * C + t.channel) * C];
            for (const auto& [j, all] : heard[k].who) {
                const int64_t p = all / width;  // in each sub-channel
                if (p == 0) continue;
                const int64_t at = static_cast<int64_t>(j) * C;
                for (int c = t.channel; c < end; ++c) receive(at + c, p);
                if (!share) continue;
                const double leaks = static_cast<double>(p);
                for (int c = 0; c < t.channel; ++c) receive(at + c, static_cast<int64_t>(leaks * share[c]));
                for (int c = end; c < C; ++c) receive(at + c, static_cast<int64_t>(leaks * share[c]));
            }
            carried += static_cast<int64_t>(heard[k].who.size());
        }
        auto& told = sensing.reserved[now % rules.period];
        std::fill(told.begin(), told.end(), 0);
        for (size_t k = 0; k < now_sent.size(); ++k) judge(now_sent[k], heard[k], told);
    }

    // What becomes of a packet at each station, and who reads what it announces.
    void judge(Sending& t, const Heard& row, std::vector<uint8_t>& told) {
        const int i = t.station;
        Message& packet = t.message;
        const int width = packet.width;
        const float noise = static_cast<float>(rules.noise) * static_cast<float>(width);
        const ErrorTable& error = tables[packet.table];
        const int note = t.again ? memory(packet.key) : -1;
        for (const auto& [j, all] : row.who) {
            const int64_t p = all / width;
            if (p == 0) continue;
            const size_t at = static_cast<size_t>(j) * rules.channels + t.channel;
            const float before = t.first >= 0 ? former(memories[t.first], j) : 0.0f;
            Fate fate;
            float ratio = 0.0f;
            if (sending[j] && rules.half_duplex) fate = HALF_DUPLEX;
            else if (p < rules.sensitivity) fate = SENSITIVITY;
            else {
                int64_t beside = 0;
                if (rules.hidden) for (int c = 0; c < width; ++c) beside += level[at + c] - p;
                // One SCI can be read in a sub-channel, the strongest; it stands in the packet's first one and tells of
                // the next sending in all of them.
                if (t.reserves && p >= rules.sense && p >= (rules.hidden ? level[at] - p : 0)) {
                    const uint8_t loud = std::max<uint8_t>(1, Sensing::code(p));
                    for (int c = 0; c < width; ++c) told[at + c] = std::max(told[at + c], loud);
                }
                const float wanted = static_cast<float>(p * width);
                ratio = wanted / (noise + static_cast<float>(beside)) + before;
                const float draw = unit(hash(packet.key, stations[j].id, t.first >= 0));
                if (draw >= error(ratio)) fate = RECEIVED;
                else fate = draw < error(wanted / noise) ? PROPAGATION : COLLISION;
            }
            if (note >= 0) {  // judged after the second sending
                memories[note].at[j] = static_cast<int32_t>(memories[note].who.size());
                memories[note].who.push_back(j);
                memories[note].id.push_back(stations[j].id);
                memories[note].ratio.push_back(fate == RECEIVED ? -1.0f : ratio);
            } else if (before >= 0.0f) {  // has it not yet
                settle(packet, j, fate);
            }
        }
        if (t.first >= 0) tell_first(memories[t.first], packet);
        if (note < 0) finish(packet);
        else {
            stations[i].ahead.push_back(now + t.again);
            book(now + t.again, {i, t.channel, 0, SECOND, stations[i].life, packet});
        }
    }

    float former(const Memory& m, int j) const {
        const int32_t k = j < static_cast<int>(m.at.size()) ? m.at[j] : -1;
        return k >= 0 && m.id[k] == stations[j].id ? m.ratio[k] : 0.0f;
    }

    // What each station has measured in this slot.
    void remember() {
        const int C = rules.channels;
        auto& heard = sensing.loudness[now % rules.window];
        std::fill(heard.begin(), heard.end(), Sensing::code(rules.noise));
        for (const int64_t at : touched) {
            if (level[at] >= rules.floor) heard[at] = Sensing::code(level[at] + rules.noise);
            level[at] = 0;
        }
        if (!rules.half_duplex) return;
        for (const Sending& t : now_sent) {
            std::fill_n(heard.begin() + static_cast<std::ptrdiff_t>(t.station) * C, C, Sensing::DEAF);
        }
    }
};

}  // namespace wayside
