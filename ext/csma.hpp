// 802.11p / ITS-G5: CSMA/CA event by event, for all stations at once.
//
// IEEE 802.11-2016, clause 10.22 (EDCA) for access and 17.3 (OFDM PHY, 10 MHz) for clear channel assessment: busy while
// a frame whose preamble was heard lasts, while more than the energy threshold is received, and while sending. Each
// station counts slots from when the end of a frame reaches it, so who is first of two in one slot depends on where the
// last sender stood. Times are whole nanoseconds, powers whole grains, and equal times are ordered by station id:
// nothing depends on the order of stations.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <queue>
#include <vector>

#include "reception.hpp"

namespace wayside {

constexpr double LIGHT = 0.299792458;  // m/ns
constexpr int QUEUES = 4;  // access categories, the first goes first: AC_VO, AC_VI, AC_BE, AC_BK

struct CsmaRules {
    int64_t slot = 13000, sifs = 32000;                    // ns
    int64_t notice = 8000;       // aCCATime of 10 MHz (table 17-21): from a start's arrival until it is noticed
    int64_t preamble = 0;        // ns after a frame's start in which a stronger one is followed instead
    int aifsn[QUEUES] = {2, 3, 6, 9};
    int window[QUEUES] = {3, 7, 15, 15};                   // CWmin; broadcasts never double it
    int64_t sense = 0, energy = 0, measure = 0, noise = 0; // grains: carrier sense, energy detection, CBR, noise
    double capture = 0.0;                                  // ratio from which a later frame is taken over; 0: never
    int depth = 8;                                         // packets per queue; the oldest is dropped
    bool sensing = true, half_duplex = true, hidden = true;// false: planted errors for tests
};

struct Packet {
    int64_t arrival, expiry, duration;  // ns
    int32_t station, queue, table, next;
    int32_t received;
    int64_t tag;
    uint64_t owner, key;                // the station's id; of its random draws
    int64_t sent;                       // when it began, or -1: dropped
};

class Csma {
public:
    CsmaRules rules;
    std::vector<ErrorTable> tables;
    Tally tally;
    uint64_t seed = 0;
    Report report;
    int64_t links = 0;

    // The links until the next call, and for each station: id, present, listed (deliveries to it are told one by one),
    // measured (its packets go to the tally), x, y.
    void attach(int n, const int64_t* link_start, const int32_t* link_other, const float* link_power,
                const uint64_t* station_id, const uint8_t* is_here, const uint8_t* is_listed,
                const uint8_t* is_measured, const double* px, const double* py) {
        row = link_start; other = link_other; power = link_power;
        id = station_id; here = is_here; listed = is_listed; measured = is_measured; x = px; y = py;
        const int known = static_cast<int>(stations.size());
        if (n > known) stations.resize(n);
        for (int i = 0; i < n; ++i) {
            Station& s = stations[i];
            if (!here[i] || (i < known && s.id != id[i])) leave(i);
            s.id = id[i];
        }
        // Frames in the air go on under the new links.
        for (auto& s : stations) s.level = 0;
        for (size_t a = 0; a < air.size(); ++a) {
            if (air[a].station < 0) continue;
            const int from = air[a].station;
            for (int64_t k = row[from]; k < row[from + 1]; ++k) {
                const int64_t p = grains(power[k]);
                Station& r = stations[other[k]];
                r.level += p;
                if (r.locked == static_cast<int>(a)) r.wanted = p;
            }
        }
        for (int i = 0; i < static_cast<int>(stations.size()); ++i) {
            Station& s = stations[i];
            if (s.locked < 0) continue;
            const int from = air[s.locked].station;
            const bool heard = from >= 0 && std::binary_search(other + row[from], other + row[from + 1], i);
            if (heard) s.worst = std::max(s.worst, s.level - s.wanted);
            else s.locked = -1;
        }
        settle_levels();
    }

    void submit(int station, int queue, int table, int64_t arrival, int64_t expiry, int64_t duration, int64_t tag) {
        Packet p{};
        p.arrival = std::max(arrival, now); p.expiry = expiry; p.duration = duration;
        p.station = station; p.queue = queue; p.table = table; p.tag = tag; p.next = -1; p.sent = -1;
        p.owner = stations[station].id;
        p.key = hash(seed, p.owner, stations[station].sequence++);
        events.push({p.arrival, ARRIVE, p.key, take(p)});
    }

    void advance(int64_t until) {
        while (!events.empty() && events.top().at < until) next();
        now = std::max(now, until);
    }

    // Share of the time since the last call in which each station received more than rules.measure, its own sending
    // apart.
    void busy_ratio(float* ratio, int n) {
        for (int i = 0; i < n; ++i) {
            Station& s = stations[i];
            if (s.loud_since >= 0) { s.loud += now - s.loud_since; s.loud_since = now; }
            const int64_t span = now - measured_since;
            ratio[i] = span > 0 ? static_cast<float>(static_cast<double>(s.loud) / static_cast<double>(span)) : 0.0f;
            s.loud = 0;
        }
        measured_since = now;
    }

    int64_t time() const { return now; }
    int64_t level(int i) const { return stations[i].level; }

private:
    enum Kind { END, ARRIVE, ACCESS };
    struct Event {
        int64_t at;
        int kind;
        uint64_t key;
        int32_t who;
        bool operator<(const Event& e) const {  // the heap's top is the greatest
            if (at != e.at) return at > e.at;
            if (kind != e.kind) return kind > e.kind;
            return key > e.key;
        }
    };
    struct Station {
        int64_t level = 0, wanted = 0, worst = 0;    // grains: all received; the locked frame; most beside it
        int64_t idle_since = -1000000000, locked_since = 0, due = -1;
        int64_t loud = 0, loud_since = -1;
        uint64_t id = 0, sequence = 0, draws = 0;
        int32_t locked = -1, sending = -1;           // frames in the air
        int32_t head[QUEUES] = {-1, -1, -1, -1}, tail[QUEUES] = {-1, -1, -1, -1}, waiting[QUEUES] = {0, 0, 0, 0};
        int32_t backoff[QUEUES] = {-1, -1, -1, -1};  // slots left; -1: none drawn
        bool busy = false;
    };
    struct Frame {
        int32_t station = -1, packet = -1;
    };

    std::vector<Station> stations;
    std::vector<Frame> air;
    std::vector<int32_t> free_frames, free_packets;
    std::vector<Packet> packets;
    std::priority_queue<Event> events;
    int64_t now = 0, measured_since = 0;
    const int64_t* row = nullptr;
    const int32_t* other = nullptr;
    const float* power = nullptr;
    const uint64_t* id = nullptr;
    const uint8_t *here = nullptr, *listed = nullptr, *measured = nullptr;
    const double *x = nullptr, *y = nullptr;

    void next() {
        const Event e = events.top();
        events.pop();
        now = e.at;
        if (e.kind == END) end(e.who);
        else if (e.kind == ARRIVE) arrive(e.who);
        else access(e.who);
    }

    int take(const Packet& p) {
        if (free_packets.empty()) {
            packets.push_back(p);
            return static_cast<int>(packets.size()) - 1;
        }
        const int k = free_packets.back();
        free_packets.pop_back();
        packets[k] = p;
        return k;
    }

    void finish(int k) {
        const Packet& p = packets[k];
        report.done.push_back({p.tag, p.sent, now - p.arrival, p.received});
        free_packets.push_back(k);
    }

    // A station is gone, or its slot has a new owner: what waited is lost; a frame in the air fades out.
    void leave(int i) {
        Station& s = stations[i];
        if (s.id == 0 && s.sequence == 0) return;
        for (int q = 0; q < QUEUES; ++q) {
            for (int k = s.head[q]; k >= 0;) {
                const int next = packets[k].next;
                finish(k);
                k = next;
            }
        }
        if (s.sending >= 0) {
            packets[air[s.sending].packet].sent = -1;
            air[s.sending].station = -1;
        }
        const int64_t level = s.level;
        s = Station{};
        s.level = level;
        s.idle_since = now;
    }

    int draw(Station& s, int queue) {
        return static_cast<int>(unit(hash(seed ^ 0x243f6a8885a308d3ULL, s.id, s.draws++)) *
                                static_cast<float>(rules.window[queue] + 1));
    }

    int64_t aifs(int queue) const { return rules.sifs + rules.aifsn[queue] * rules.slot; }

    int64_t ready(const Station& s, int queue) const {
        return s.idle_since + aifs(queue) + std::max(s.backoff[queue], 0) * rules.slot;
    }

    // When this idle station may send next.
    void plan(int i) {
        Station& s = stations[i];
        int64_t first = INT64_MAX;
        for (int q = 0; q < QUEUES; ++q) if (s.head[q] >= 0) first = std::min(first, ready(s, q));
        if (first == INT64_MAX) return;
        // Frames begin at slot boundaries, counted from the end of the last busy time (clause 10.22.2.4).
        if (first < now) first += (now - first + rules.slot - 1) / rules.slot * rules.slot;
        if (first == s.due) return;
        s.due = first;
        events.push({first, ACCESS, s.id, i});
    }

    // The medium has become busy: slots that have passed are counted; who waited for AIFS alone must now back off. EDCA
    // counts at each slot boundary from the end of AIFS on, the one at which the medium turns busy included (clause
    // 10.22.2.4; DCF would not count that one). A back-off that has ended with nothing to send is over.
    void freeze(Station& s, int64_t heard) {
        s.due = -1;
        for (int q = 0; q < QUEUES; ++q) {
            if (s.backoff[q] >= 0) {
                const int64_t idle = heard - s.idle_since - aifs(q);
                if (idle < 0) continue;
                s.backoff[q] -= static_cast<int32_t>(std::min<int64_t>(idle / rules.slot + 1, s.backoff[q]));
                if (s.backoff[q] == 0 && s.head[q] < 0) s.backoff[q] = -1;
            } else if (s.head[q] >= 0) {
                s.backoff[q] = draw(s, q);
            }
        }
    }

    // What station i senses has changed, by a frame of station `from` or by itself.
    void assess(int i, int from) {
        Station& s = stations[i];
        measure(s);
        const bool busy = s.sending >= 0 || s.locked >= 0 || s.level >= rules.energy;
        if (busy == s.busy || !rules.sensing) return;
        s.busy = busy;
        const int64_t heard = from == i ? now : now + std::llround(distance(from, i) / LIGHT);
        if (busy) {
            // Too late for one who begins before it can notice.
            if (s.due >= 0 && s.due < heard + rules.notice && s.sending < 0) return;
            freeze(s, heard);
        } else {
            s.idle_since = heard;
            plan(i);
        }
    }

    void measure(Station& s) {
        const bool loud = rules.measure > 0 ? s.level >= rules.measure
                                            : s.sending < 0 && (s.locked >= 0 || s.level >= rules.energy);
        if (loud == (s.loud_since >= 0)) return;
        if (loud) s.loud_since = now;
        else { s.loud += now - s.loud_since; s.loud_since = -1; }
    }

    void settle_levels() {
        for (size_t i = 0; i < stations.size(); ++i) {
            assess(static_cast<int>(i), static_cast<int>(i));
        }
    }

    void arrive(int k) {
        const int i = packets[k].station;
        const int q = packets[k].queue;
        Station& s = stations[i];
        if (!here[i] || s.id != packets[k].owner) { finish(k); return; }
        if (s.waiting[q] >= rules.depth) {
            const int oldest = s.head[q];
            s.head[q] = packets[oldest].next;
            if (s.head[q] < 0) s.tail[q] = -1;
            --s.waiting[q];
            finish(oldest);
        }
        if (s.tail[q] >= 0) packets[s.tail[q]].next = k;
        else s.head[q] = k;
        s.tail[q] = k;
        ++s.waiting[q];
        if (s.busy) {
            if (s.backoff[q] < 0 && s.due < 0) s.backoff[q] = draw(s, q);
        } else {
            plan(i);
        }
    }

    void access(int i) {
        Station& s = stations[i];
        if (s.due != now || s.sending >= 0) return;
        s.due = -1;
        int chosen = -1;
        for (int q = 0; q < QUEUES; ++q) {
            while (s.head[q] >= 0 && packets[s.head[q]].expiry <= now) {
                const int old = s.head[q];
                s.head[q] = packets[old].next;
                if (s.head[q] < 0) s.tail[q] = -1;
                --s.waiting[q];
                finish(old);
            }
            if (s.head[q] < 0 || ready(s, q) > now) continue;
            // Two queues at once: the higher one goes, the other one backs off.
            if (chosen < 0) chosen = q;
            else s.backoff[q] = draw(s, q);
        }
        if (chosen < 0) {
            if (!s.busy) plan(i);
            return;
        }
        begin(i, chosen);
    }

    void judge(int frame, int receiver, Fate fate) {
        const int from = air[frame].station;
        if (from < 0) return;
        if (measured[from]) tally.add(x[from] - x[receiver], y[from] - y[receiver], fate);
        if (report.tracing) report.trace(packets[air[frame].packet].tag, receiver, fate);
    }

    void follow(Station& r, int frame, int64_t p) {
        r.locked = frame;
        r.locked_since = now;
        r.wanted = p;
        r.worst = r.level - p;
    }

    double distance(int i, int j) const {
        const double dx = x[i] - x[j], dy = y[i] - y[j];
        return std::sqrt(dx * dx + dy * dy);
    }

    // Whether what i begins now reaches j before the frame that j follows.
    bool overtakes(int i, int j) const {
        const Station& r = stations[j];
        const int64_t later = now - r.locked_since;
        const int from = air[r.locked].station;
        if (from < 0) return false;
        return static_cast<double>(later) * LIGHT + distance(i, j) < distance(from, j);
    }

    void begin(int i, int q) {
        Station& s = stations[i];
        const int k = s.head[q];
        s.head[q] = packets[k].next;
        if (s.head[q] < 0) s.tail[q] = -1;
        --s.waiting[q];
        int a;
        if (free_frames.empty()) {
            a = static_cast<int>(air.size());
            air.emplace_back();
        } else {
            a = free_frames.back();
            free_frames.pop_back();
        }
        air[a] = {i, k};
        packets[k].sent = now;
        if (s.locked >= 0 && rules.half_duplex) {
            judge(s.locked, i, HALF_DUPLEX);
            s.locked = -1;
        }
        s.sending = a;
        assess(i, i);
        s.backoff[q] = draw(s, q);  // after every frame the queue backs off anew (post-backoff)
        events.push({now + packets[k].duration, END, s.id, a});
        for (int64_t m = row[i]; m < row[i + 1]; ++m) {
            const int64_t p = grains(power[m]);
            if (p == 0) continue;
            const int j = other[m];
            Station& r = stations[j];
            r.level += p;
            if (p < rules.sense) {
                judge(a, j, SENSITIVITY);
            } else if (r.sending >= 0 && rules.half_duplex) {
                judge(a, j, HALF_DUPLEX);
            } else if (r.locked < 0) {
                follow(r, a, p);
            } else if (now < r.locked_since + rules.preamble ? p > r.wanted : overtakes(i, j)) {
                judge(r.locked, j, BUSY);
                follow(r, a, p);
            } else if (rules.capture > 0.0 && static_cast<double>(p) >= rules.capture * static_cast<double>(r.wanted)) {
                judge(r.locked, j, COLLISION);
                follow(r, a, p);
            } else {
                judge(a, j, BUSY);
            }
            if (r.locked >= 0) r.worst = std::max(r.worst, r.level - r.wanted);
            assess(j, i);
        }
        links += row[i + 1] - row[i];
    }

    void end(int a) {
        const int i = air[a].station;
        const int k = air[a].packet;
        if (i >= 0) {
            stations[i].sending = -1;
            const float noise = static_cast<float>(rules.noise);
            const ErrorTable& error = tables[packets[k].table];
            for (int64_t m = row[i]; m < row[i + 1]; ++m) {
                const int64_t p = grains(power[m]);
                if (p == 0) continue;
                const int j = other[m];
                Station& r = stations[j];
                r.level -= p;
                if (r.locked == a) {
                    r.locked = -1;
                    const float wanted = static_cast<float>(p);
                    const float luck = unit(hash(packets[k].key, r.id, 0));
                    const float beside = rules.hidden ? static_cast<float>(r.worst) : 0.0f;
                    if (luck >= error(wanted / (noise + beside))) {
                        ++packets[k].received;
                        if (listed[j]) report.deliver(packets[k].tag, j);
                        judge(a, j, RECEIVED);
                    } else {
                        judge(a, j, luck < error(wanted / noise) ? PROPAGATION : COLLISION);
                    }
                }
                assess(j, i);
            }
            assess(i, i);
            if (!stations[i].busy) plan(i);
        }
        finish(k);
        air[a].station = -1;
        free_frames.push_back(a);
    }
};

}  // namespace wayside
