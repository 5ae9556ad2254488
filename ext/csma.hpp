// 802.11p / ITS-G5: CSMA/CA event by event, for all stations at once.
//
// IEEE 802.11-2016, clause 10.22 (EDCA) for access and 17.3 (OFDM PHY, 10 MHz) for clear channel assessment: busy while
// a frame lasts whose preamble was heard with the power of carrier sense, while more than the energy threshold is
// received, and while sending. Reception goes by SINR: an idle receiver follows whatever it notices, and a station that
// follows what is too weak for carrier sense may begin to send meanwhile. Each station counts slots from when the end of
// a frame reaches it, so who is first of two in one slot depends on where the last sender stood. Times are whole
// nanoseconds, powers whole grains, and equal times are ordered by station id: nothing depends on the order of stations.
//
// What a frame changes at all who hear it stands in blocks of eight stations, as links have them: one pass over the
// blocks at its begin and one at its end do what most stations need, and leave to plain code the few that need more.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <queue>
#include <vector>

#include "clones.hpp"
#include "crew.hpp"
#include "links.hpp"
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
    int64_t sensitivity = 0;                               // grains: weaker frames are noise to a receiver
    int64_t sense = 0, energy = 0, measure = 0, noise = 0; // grains: carrier sense, energy detection, CBR, noise
    double capture = 0.0;                                  // ratio from which a later frame is taken over; 0: never
    int depth = 8;                                         // packets per queue; the oldest is dropped
    bool sensing = true, half_duplex = true, hidden = true;// false: planted errors for tests
};

struct Packet {
    int64_t arrival, expiry, duration;  // ns
    int32_t station, queue, table, next;
    int32_t received, told;             // told: 0: who receives it is only counted, but for those always listed
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
    int64_t carried = 0;  // packets x stations that they came to

    // The links until the next call, and for each station: listed (deliveries to it are told one by one: 1: of packets that
    // are told, 2: of all), measured (its packets go to the tally).
    void attach(Links& now_links, const uint8_t* is_listed, const uint8_t* is_measured) {
        links = &now_links; listed = is_listed; measured = is_measured;
        const int n = links->count;
        if (n > static_cast<int>(queues.size())) queues.resize(n);
        at.resize(queues.size(), -1);
        for (int i = 0; i < static_cast<int>(queues.size()); ++i) {
            const bool here = i < n && links->place[i] >= 0;
            if (at[i] >= 0 && (!here || queues[i].id != links->id[i])) leave(i);
            if (here) queues[i].id = links->id[i];
        }
        if (layout != links->layout) settle();
        // Frames in the air go on under the new links.
        for (Block& block : blocks) std::fill_n(block.level, LANES, 0);
        std::vector<uint8_t> follows(LANES * blocks.size(), 0), senses(follows);
        for (size_t a = 0; a < air.size(); ++a) {
            if (air[a].station < 0) continue;
            prepare(air[a].station, air[a].row);
            const Heard& row = air[a].row;
            for (int k = 0; k < row.lanes(); ++k) {
                if (row.p[k] == 0) continue;
                const int p = row.place(k);
                Station r = station(p);
                r.level += row.p[k];
                if (r.locked == static_cast<int64_t>(a)) { r.wanted = row.p[k]; follows[p] = 1; }
                if (r.sensed == static_cast<int64_t>(a)) senses[p] = 1;
            }
        }
        for (size_t p = 0; p < follows.size(); ++p) {
            Station s = station(static_cast<int>(p));
            if (!senses[p]) s.sensed = -1;
            if (follows[p]) s.worst = std::max(s.worst, s.level - s.wanted);
            else s.locked = -1;
        }
        for (int i = 0; i < n; ++i) if (at[i] >= 0) assess(i, i);
    }

    void submit(int station, int queue, int table, int64_t arrival, int64_t expiry, int64_t duration, int64_t tag,
                int told) {
        Packet p{};
        p.arrival = std::max(arrival, now); p.expiry = expiry; p.duration = duration;
        p.station = station; p.queue = queue; p.table = table; p.tag = tag; p.next = -1; p.sent = -1;
        p.told = told;
        p.owner = queues[station].id;
        p.key = queues[station].arrivals(seed, p.owner, p.arrival);
        events.push({p.arrival, ARRIVE, p.key, take(p)});
        submitted.emplace_back(p.arrival, station);
    }

    // Let time pass; with more threads than this one, the others work out ahead who hears those that will send.
    void advance(int64_t until, int threads) {
        look_ahead(until, threads);
        while (!events.empty() && events.top().at < until) next();
        // Whoever might have sent has its row, whether it has sent by now or not: shadows know of when they were asked for.
        ahead.finish([this](int i, Heard& row) { prepare(i, row); });
        now = std::max(now, until);
    }

    // Share of the time since the last call in which each station received more than rules.measure, its own sending
    // apart.
    void busy_ratio(float* ratio, int n) {
        const int64_t span = now - measured_since;
        for (int i = 0; i < n; ++i) {
            ratio[i] = 0.0f;
            if (at[i] < 0) continue;
            Station s = station(at[i]);
            if (s.loud_since >= 0) { s.loud += now - s.loud_since; s.loud_since = now; }
            if (span > 0) ratio[i] = static_cast<float>(static_cast<double>(s.loud) / static_cast<double>(span));
            s.loud = 0;
        }
        measured_since = now;
    }

    int64_t time() const { return now; }
    int64_t level(int i) { return at[i] < 0 ? 0 : station(at[i]).level; }

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
    // What every frame touches at all who hear it, whole numbers of one width.
    struct alignas(64) Block {
        int64_t level[LANES], wanted[LANES], worst[LANES];    // grains: all received; the locked frame; most beside it
        int64_t idle_since[LANES], loud[LANES], loud_since[LANES];
        int64_t locked[LANES], sensed[LANES], sending[LANES]; // frames in the air: followed; taken for a busy channel; own
        int64_t busy[LANES];                                  // 0 or 1
        int64_t awaits[LANES];                                // a bit for each queue that holds packets, and above these
                                                              // one for each with a back-off drawn
        void clear(int l) {
            level[l] = wanted[l] = worst[l] = loud[l] = busy[l] = awaits[l] = 0;
            loud_since[l] = locked[l] = sensed[l] = sending[l] = -1;
            idle_since[l] = -1000000000;
        }
    };
    struct Station {
        int64_t &level, &wanted, &worst, &idle_since, &loud, &loud_since, &locked, &sensed, &sending, &busy, &awaits;
    };
    static constexpr int64_t WAITS = (1 << QUEUES) - 1;  // of `awaits`
    struct Queues {
        int64_t due = -1;                            // when it may send next; -1: not, or nothing waits
        uint64_t id = 0;
        Draws arrivals, backoffs;
        int32_t head[QUEUES] = {-1, -1, -1, -1}, tail[QUEUES] = {-1, -1, -1, -1}, waiting[QUEUES] = {0, 0, 0, 0};
        int32_t backoff[QUEUES] = {-1, -1, -1, -1};  // slots left; -1: none drawn
    };
    // Who hears a frame, by lane of a row: how loud, how much later and how far away.
    struct Heard : Row {
        std::vector<int64_t> p;                // grains
        std::vector<int64_t> flight;           // ns
        std::vector<int32_t> bin;              // of the tally
        int64_t reached = 0;                   // stations
    };
    struct Frame {
        int32_t station = -1, packet = -1;
        int64_t since = 0;
        Heard row;
    };

    std::vector<Block> blocks;
    std::vector<int32_t> at;       // by station: its place; -1: it does not take part
    uint64_t layout = 0;           // of the links that these places are of
    std::vector<Queues> queues;
    std::vector<Frame> air;
    std::vector<int32_t> free_frames, free_packets;
    std::vector<Packet> packets;
    std::priority_queue<Event> events;
    int64_t now = 0, measured_since = 0;
    Links* links = nullptr;
    const uint8_t *listed = nullptr, *measured = nullptr;
    std::vector<int64_t> todo;        // by lane of a frame's row
    std::vector<float> error, luck;   // the same
    Ahead<Heard> ahead;
    std::vector<int32_t> senders;
    std::vector<std::pair<int64_t, int32_t>> submitted;  // since time last passed: when, and the station

    Station station(int p) {
        Block& b = blocks[p / LANES];
        const int l = p % LANES;
        return {b.level[l], b.wanted[l], b.worst[l], b.idle_since[l], b.loud[l], b.loud_since[l],
                b.locked[l], b.sensed[l], b.sending[l], b.busy[l], b.awaits[l]};
    }

    // Stations have got other places.
    void settle() {
        std::vector<Block> old(links->station.size() / LANES);
        old.swap(blocks);
        for (Block& block : blocks) for (int l = 0; l < LANES; ++l) block.clear(l);
        for (int i = 0; i < static_cast<int>(at.size()); ++i) {
            const int from = at[i], to = i < links->count ? links->place[i] : -1;
            at[i] = to;
            if (from < 0 || to < 0) continue;
            const Block& b = old[from / LANES];
            const int l = from % LANES;
            Station s = station(to);
            s.level = b.level[l]; s.wanted = b.wanted[l]; s.worst = b.worst[l]; s.idle_since = b.idle_since[l];
            s.loud = b.loud[l]; s.loud_since = b.loud_since[l]; s.locked = b.locked[l]; s.sensed = b.sensed[l];
            s.sending = b.sending[l]; s.busy = b.busy[l]; s.awaits = b.awaits[l];
        }
        layout = links->layout;
    }

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
        for (int q = 0; q < QUEUES; ++q) while (queues[i].head[q] >= 0) finish(pop(i, q));
        const int64_t sending = station(at[i]).sending;
        if (sending >= 0) {
            packets[air[sending].packet].sent = -1;
            air[sending].station = -1;
        }
        blocks[at[i] / LANES].clear(at[i] % LANES);
        at[i] = -1;
        queues[i] = Queues{};
    }

    // The packet that waits longest in a queue, which it leaves.
    int pop(int i, int q) {
        Queues& own = queues[i];
        const int k = own.head[q];
        own.head[q] = packets[k].next;
        if (own.head[q] < 0) {
            own.tail[q] = -1;
            station(at[i]).awaits &= ~(int64_t{1} << q);
        }
        --own.waiting[q];
        return k;
    }

    void draw(int i, int q) {
        Queues& own = queues[i];
        own.backoff[q] = static_cast<int>(unit(own.backoffs(seed ^ 0x243f6a8885a308d3ULL, own.id, now)) *
                                          static_cast<float>(rules.window[q] + 1));
        station(at[i]).awaits |= int64_t{1} << (QUEUES + q);
    }

    int64_t aifs(int queue) const { return rules.sifs + rules.aifsn[queue] * rules.slot; }

    int64_t ready(int i, int queue) {
        return station(at[i]).idle_since + aifs(queue) + std::max(queues[i].backoff[queue], 0) * rules.slot;
    }

    // When this idle station may send next.
    void plan(int i) {
        if (!(station(at[i]).awaits & WAITS)) return;
        Queues& own = queues[i];
        int64_t first = INT64_MAX;
        for (int q = 0; q < QUEUES; ++q) if (own.head[q] >= 0) first = std::min(first, ready(i, q));
        // Frames begin at slot boundaries, counted from the end of the last busy time (clause 10.22.2.4).
        if (first < now) first += (now - first + rules.slot - 1) / rules.slot * rules.slot;
        if (first == own.due) return;
        own.due = first;
        events.push({first, ACCESS, own.id, i});
    }

    // The medium has become busy: slots that have passed are counted; who waited for AIFS alone must now back off. EDCA
    // counts at each slot boundary from the end of AIFS on, the one at which the medium turns busy included (clause
    // 10.22.2.4; DCF would not count that one). A back-off that has ended with nothing to send is over.
    void freeze(int i, int64_t heard) {
        Station s = station(at[i]);
        Queues& own = queues[i];
        own.due = -1;
        for (int q = 0; q < QUEUES; ++q) {
            if (own.backoff[q] >= 0) {
                const int64_t idle = heard - s.idle_since - aifs(q);
                if (idle < 0) continue;
                own.backoff[q] -= static_cast<int32_t>(std::min<int64_t>(idle / rules.slot + 1, own.backoff[q]));
                if (own.backoff[q] == 0 && own.head[q] < 0) {
                    own.backoff[q] = -1;
                    s.awaits &= ~(int64_t{1} << (QUEUES + q));
                }
            } else if (own.head[q] >= 0) {
                draw(i, q);
            }
        }
    }

    static constexpr float SLOW = static_cast<float>(1.0 / LIGHT);  // ns/m

    // Nanoseconds, rounded.
    static int64_t flight(double metres) {
        return static_cast<int64_t>(static_cast<float>(metres) * SLOW + 0.5f);
    }

    // What station i senses has changed, by a frame of station `from` or by itself.
    void assess(int i, int from) {
        Station s = station(at[i]);
        measure(s);
        const bool busy = s.sending >= 0 || s.sensed >= 0 || s.level >= rules.energy;
        if (busy == (s.busy != 0) || !rules.sensing) return;
        s.busy = busy;
        const int64_t heard = from == i ? now : now + flight(links->distance(at[from], at[i]));
        if (busy) {
            if (s.awaits) wake(i, heard);
        } else {
            s.idle_since = heard;
            plan(i);
        }
    }

    // Station i, which awaits something, hears that the medium is busy; too late where it begins before it can notice.
    void wake(int i, int64_t heard) {
        const int64_t due = queues[i].due;
        if (due >= 0 && due < heard + rules.notice && station(at[i]).sending < 0) return;
        freeze(i, heard);
    }

    void measure(Station& s) {
        const bool loud = rules.measure > 0 ? s.level >= rules.measure
                                            : s.sending < 0 && (s.sensed >= 0 || s.level >= rules.energy);
        if (loud == (s.loud_since >= 0)) return;
        if (loud) s.loud_since = now;
        else { s.loud += now - s.loud_since; s.loud_since = -1; }
    }

    void arrive(int k) {
        const int i = packets[k].station;
        const int q = packets[k].queue;
        Queues& own = queues[i];
        if (at[i] < 0 || own.id != packets[k].owner) { finish(k); return; }
        if (own.waiting[q] >= rules.depth) finish(pop(i, q));
        if (own.tail[q] >= 0) packets[own.tail[q]].next = k;
        else own.head[q] = k;
        own.tail[q] = k;
        ++own.waiting[q];
        station(at[i]).awaits |= int64_t{1} << q;
        if (station(at[i]).busy) {
            if (own.backoff[q] < 0 && own.due < 0) draw(i, q);
        } else {
            plan(i);
        }
    }

    void access(int i) {
        Queues& own = queues[i];
        if (own.due != now || station(at[i]).sending >= 0) return;
        own.due = -1;
        int chosen = -1;
        for (int q = 0; q < QUEUES; ++q) {
            while (own.head[q] >= 0 && packets[own.head[q]].expiry <= now) finish(pop(i, q));
            if (own.head[q] < 0 || ready(i, q) > now) continue;
            // Two queues at once: the higher one goes, the other one backs off.
            if (chosen < 0) chosen = q;
            else draw(i, q);
        }
        if (chosen < 0) {
            if (!station(at[i]).busy) plan(i);
            return;
        }
        begin(i, chosen);
    }

    // What becomes of a frame at a receiver, `far` bins of the tally away.
    void judge(int frame, int receiver, Fate fate, int far) {
        const int from = air[frame].station;
        if (from < 0) return;
        if (measured[from]) tally.count(far, fate);
        if (report.tracing) report.trace(packets[air[frame].packet].tag, receiver, fate);
    }

    // Of another frame than the one that begins or ends.
    void judge(int frame, int receiver, Fate fate) {
        const int from = air[frame].station;
        if (from >= 0) judge(frame, receiver, fate, tally.bin(links->distance(at[from], at[receiver])));
    }

    void follow(Station& r, int frame, int64_t p) {
        r.locked = frame;
        r.wanted = p;
        r.worst = r.level - p;
        if (p >= rules.sense) r.sensed = frame;
    }

    // Whether what i begins now reaches j before the frame that j follows.
    bool overtakes(int i, int j) {
        const Frame& followed = air[station(at[j]).locked];
        const int64_t later = now - followed.since;
        const int from = followed.station;
        if (from < 0 || later > LONG) return false;
        return static_cast<double>(later) * LIGHT + links->distance(at[i], at[j]) < links->distance(at[from], at[j]);
    }
    static constexpr int64_t LONG = 50000;  // ns: 15 km, farther than anybody is heard

    // Those who may send until then: they hold packets, or are handed some. By when, as far as that is known.
    void look_ahead(int64_t until, int threads) {
        std::sort(submitted.begin(), submitted.end());
        std::vector<uint8_t> seen(at.size(), 0);
        senders.clear();
        auto add = [&](int32_t i) {
            if (at[i] < 0 || seen[i]) return;
            seen[i] = 1;
            senders.push_back(i);
        };
        for (int i = 0; i < static_cast<int>(at.size()); ++i) if (at[i] >= 0 && (station(at[i]).awaits & WAITS)) add(i);
        for (const auto& [when, i] : submitted) if (when < until) add(i);
        submitted.erase(std::remove_if(submitted.begin(), submitted.end(), [until](const auto& one) { return one.first < until; }),
                        submitted.end());
        const int helpers = senders.size() < 8 ? 0 : threads - 1;
        ahead.start(senders, static_cast<int>(at.size()), helpers, [this](int i, Heard& row) { prepare(i, row); });
    }

    // Who hears station i.
    void prepare(int i, Heard& row) {
        links->hear(i, row);
        row.p.resize(row.lanes());
        row.flight.resize(row.lanes());
        row.bin.resize(row.lanes());
        row.reached = place(row.power.data(), row.d.data(), row.p.data(), row.flight.data(), row.bin.data(), row.lanes(),
                            static_cast<float>(tally.width), tally.bins - 1);
    }

    WAYSIDE_CLONES static int64_t place(const float* __restrict power, const float* __restrict d, int64_t* __restrict p,
                                        int64_t* __restrict flight, int32_t* __restrict bin, int n, float width, int last) {
        int reached = 0;
        for (int k = 0; k < n; ++k) reached += power[k] > 0.0f;
        for (int k = 0; k < n; ++k) p[k] = grains(power[k]);
        for (int k = 0; k < n; ++k) flight[k] = static_cast<int32_t>(d[k] * SLOW + 0.5f);
        for (int k = 0; k < n; ++k) bin[k] = std::min(static_cast<int32_t>(d[k] / width + 0.5f), last);
        return reached;
    }

    // What is left to do at a lane.
    static constexpr int64_t FAINT = 1, DEAF = 2, BESIDE = 4, TAKE = 8, WAKE = 16, JUDGE = 32, PLAN = 64;
    struct Limits {
        int64_t now, frame, sensitivity, sense, energy, measure;
        int64_t half, sensing, captures, recent;  // -1: yes, 0: no
        int64_t shift;
    };

    Limits limits(int frame) const {
        Limits c{};
        c.now = now; c.frame = frame;
        c.sensitivity = std::max<int64_t>(rules.sensitivity, 1);
        c.sense = rules.sense; c.energy = rules.energy; c.measure = rules.measure;
        c.half = -static_cast<int64_t>(rules.half_duplex);
        c.sensing = -static_cast<int64_t>(rules.sensing);
        c.captures = -static_cast<int64_t>(rules.capture > 0.0);
        // Who is stronger by the ratio is stronger by the power of two below it.
        while (c.shift < 30 && rules.capture >= static_cast<double>(2 << c.shift)) ++c.shift;
        for (const Frame& f : air) {
            if (f.station >= 0 && now - f.since <= std::max(LONG, rules.preamble)) c.recent = -1;
        }
        return c;
    }

    // Four stations at once, which plain loops did not become; a comparison gives -1 or 0 (GCC and Clang).
    static constexpr int WIDE = 4;
    using Lanes = int64_t __attribute__((vector_size(8 * WIDE), may_alias));
    using Packed = int64_t __attribute__((vector_size(8 * WIDE), may_alias, aligned(8)));
#define WAYSIDE_LANES(column) Lanes& column = *reinterpret_cast<Lanes*>(block.column + k % LANES)

    // The begin of a frame at all who hear it: p by lane.
    WAYSIDE_CLONES static void rise(Block* __restrict blocks, const int32_t* __restrict near, int many,
                                    const int64_t* __restrict p, const Limits& limits, int64_t* __restrict todo) {
        const Limits c = limits;
        const Lanes none{}, one = none + 1;
        for (int k = 0; k < many * LANES; k += WIDE) {
            Block& block = blocks[near[k / LANES]];
            WAYSIDE_LANES(level); WAYSIDE_LANES(wanted); WAYSIDE_LANES(worst); WAYSIDE_LANES(loud_since);
            WAYSIDE_LANES(locked); WAYSIDE_LANES(sensed); WAYSIDE_LANES(sending); WAYSIDE_LANES(busy); WAYSIDE_LANES(awaits);
            const Lanes power = *reinterpret_cast<const Packed*>(p + k), sum = level + power;
            const Lanes heard = power >= c.sensitivity, sends = sending >= 0, follows_any = locked >= 0;
            const Lanes hears = heard & ~(sends & c.half);
            const Lanes follows = hears & ~follows_any, contends = hears & follows_any;
            const Lanes takes = contends & ((((power >> c.shift) >= wanted) & c.captures) | c.recent);
            const Lanes loses = contends & ~takes;
            const Lanes beside = sum - wanted;
            level = sum;
            worst = follows ? sum - power : (beside > worst ? beside : worst);
            wanted = follows ? power : wanted;
            locked = follows ? none + c.frame : locked;
            // Beside a weak one that is followed, a louder one is sensed.
            const Lanes marks = (follows | (loses & (sensed < 0))) & (power >= c.sense);
            sensed = marks ? none + c.frame : sensed;
            const Lanes hot = (sensed >= 0) | (sum >= c.energy);
            const Lanes turned = (sends | hot) & (busy == 0) & c.sensing;
            busy = turned ? one : busy;
            const Lanes loud = c.measure > 0 ? sum >= c.measure : hot & ~sends;
            loud_since = loud & (loud_since < 0) ? none + c.now : loud_since;
            *reinterpret_cast<Packed*>(todo + k) =
                (FAINT & (power > 0) & ~heard) | (DEAF & heard & ~hears) | (BESIDE & loses) | (TAKE & takes) |
                (WAKE & turned & (awaits != 0));
        }
    }

    // Its end.
    WAYSIDE_CLONES static void fall(Block* __restrict blocks, const int32_t* __restrict near, int many,
                                    const int64_t* __restrict p, const int64_t* __restrict flight, const Limits& limits,
                                    int64_t* __restrict todo) {
        const Limits c = limits;
        for (int k = 0; k < many * LANES; k += WIDE) {
            Block& block = blocks[near[k / LANES]];
            WAYSIDE_LANES(level); WAYSIDE_LANES(idle_since); WAYSIDE_LANES(loud); WAYSIDE_LANES(loud_since);
            WAYSIDE_LANES(locked); WAYSIDE_LANES(sensed); WAYSIDE_LANES(sending); WAYSIDE_LANES(busy); WAYSIDE_LANES(awaits);
            const Lanes rest = level - *reinterpret_cast<const Packed*>(p + k);
            const Lanes mine = locked == c.frame, sends = sending >= 0;
            level = rest;
            locked |= mine;
            sensed |= sensed == c.frame;
            const Lanes hot = (sensed >= 0) | (rest >= c.energy);
            const Lanes freed = (busy != 0) & ~(sends | hot) & c.sensing;
            busy &= ~freed;
            idle_since = freed ? *reinterpret_cast<const Packed*>(flight + k) + c.now : idle_since;
            const Lanes still = c.measure > 0 ? rest >= c.measure : hot & ~sends;
            const Lanes over = ~still & (loud_since >= 0);
            loud += over & (c.now - loud_since);
            loud_since |= over;
            *reinterpret_cast<Packed*>(todo + k) = (JUDGE & mine) | (PLAN & freed & ((awaits & WAITS) != 0));
        }
    }
#undef WAYSIDE_LANES

    // How likely each lane is to lose a packet that it has followed to its end, and its luck.
    WAYSIDE_CLONES static void weigh(const Block* __restrict blocks, const Heard& row, const ErrorTable& table, float noise,
                                     float hidden, uint64_t key, const Ends& ends, float* __restrict error,
                                     float* __restrict luck) {
        const float* __restrict power = row.power.data();
        const uint32_t *__restrict ones = ends.one.data(), *__restrict twos = ends.two.data();
        const uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
        for (int m = 0; m < row.blocks; ++m) {
            const Block& block = blocks[row.near[m]];
            const int k = m * LANES, p = row.near[m] * LANES;
            for (int l = 0; l < LANES; ++l) error[k + l] = static_cast<float>(block.worst[l]);
            for (int l = 0; l < LANES; ++l) {
                const uint32_t draw = mix32(mix32(ones[p + l] ^ low) + (twos[p + l] ^ high));
                luck[k + l] = static_cast<float>(static_cast<int32_t>(draw >> 8)) * 0x1p-24f;
            }
        }
        const int n = row.lanes();
        for (int k = 0; k < n; ++k) error[k] = power[k] * static_cast<float>(GRAIN) / (noise + hidden * error[k]);
        for (int k = 0; k < n; ++k) error[k] = table(error[k]);
    }

    // The lanes at which something is left to do.
    template <typename F>
    void each_left(const Heard& row, F&& visit) {
        for (int k = 0; k < row.lanes(); k += LANES) {
            int64_t any = 0;
            for (int l = 0; l < LANES; ++l) any |= todo[k + l];
            if (any) for (int l = k; l < k + LANES; ++l) if (todo[l]) visit(l, todo[l], links->station[row.place(l)]);
        }
    }

    void begin(int i, int q) {
        Station s = station(at[i]);
        const int k = pop(i, q);
        int a;
        if (free_frames.empty()) {
            a = static_cast<int>(air.size());
            air.emplace_back();
        } else {
            a = free_frames.back();
            free_frames.pop_back();
        }
        const Limits c = limits(a);
        Frame& frame = air[a];
        frame.station = i; frame.packet = k; frame.since = now;
        Heard& row = frame.row;
        if (!ahead.take(i, row)) prepare(i, row);
        packets[k].sent = now;
        if (s.locked >= 0 && rules.half_duplex) {
            judge(static_cast<int>(s.locked), i, HALF_DUPLEX);
            s.locked = -1;
        }
        if (rules.half_duplex) s.sensed = -1;
        s.sending = a;
        assess(i, i);
        draw(i, q);  // after every frame the queue backs off anew (post-backoff)
        events.push({now + packets[k].duration, END, queues[i].id, a});
        todo.resize(row.lanes());
        rise(blocks.data(), row.near, row.blocks, row.p.data(), c, todo.data());
        each_left(row, [&](int lane, int64_t left, int j) {
            if (left & FAINT) judge(a, j, SENSITIVITY, row.bin[lane]);
            if (left & DEAF) judge(a, j, HALF_DUPLEX, row.bin[lane]);
            if (left & BESIDE) judge(a, j, BUSY, row.bin[lane]);
            if (left & TAKE) contend(i, a, j, row.p[lane], row.bin[lane]);
            if (left & WAKE) wake(j, now + row.flight[lane]);
        });
        carried += row.reached;
    }

    // A frame comes to station j, which follows another one, and may be taken up instead.
    void contend(int i, int a, int j, int64_t p, int far) {
        Station r = station(at[j]);
        if (now < air[r.locked].since + rules.preamble ? p > r.wanted : overtakes(i, j)) {
            judge(static_cast<int>(r.locked), j, BUSY);
            follow(r, a, p);
        } else if (rules.capture > 0.0 && static_cast<double>(p) >= rules.capture * static_cast<double>(r.wanted)) {
            judge(static_cast<int>(r.locked), j, COLLISION);
            follow(r, a, p);
        } else {
            judge(a, j, BUSY, far);
            if (r.sensed < 0 && p >= rules.sense) r.sensed = a;
        }
        assess(j, i);
    }

    void end(int a) {
        const int i = air[a].station;
        const int k = air[a].packet;
        if (i >= 0) {
            station(at[i]).sending = -1;
            Packet& packet = packets[k];
            const Heard& row = air[a].row;
            todo.resize(row.lanes());
            fall(blocks.data(), row.near, row.blocks, row.p.data(), row.flight.data(), limits(a), todo.data());
            const float noise = static_cast<float>(rules.noise);
            const ErrorTable& table = tables[packet.table];
            error.resize(row.lanes());
            luck.resize(row.lanes());
            weigh(blocks.data(), row, table, noise, rules.hidden ? 1.0f : 0.0f, packet.key, links->ends, error.data(), luck.data());
            each_left(row, [&](int lane, int64_t left, int j) {
                if (left & JUDGE) {
                    Fate fate = RECEIVED;
                    if (luck[lane] < error[lane]) {
                        const float alone = table(row.power[lane] * static_cast<float>(GRAIN) / noise);
                        fate = luck[lane] < alone ? PROPAGATION : COLLISION;
                    } else {
                        ++packet.received;
                        if (listed[j] > !packet.told) report.deliver(packet.tag, j);
                    }
                    judge(a, j, fate, row.bin[lane]);
                }
                if (left & PLAN) plan(j);
            });
            assess(i, i);
            if (!station(at[i]).busy) plan(i);
        }
        finish(k);
        air[a].station = -1;
        free_frames.push_back(a);
    }
};

}  // namespace wayside
