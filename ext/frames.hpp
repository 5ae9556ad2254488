// States of vehicles as the live view's frames have them (docs/live.md): keyframes, and deltas to the last one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "clones.hpp"

namespace wayside {

// Of n slots: what SUMO and the drivers say. m, degrees, m/s; only those with `alive` mean anything.
struct Seen {
    const uint8_t* alive;
    const long long* station;
    const double *x, *y, *heading, *speed;
    const int *lane, *signals;
    const int8_t *parking, *charging;
    long long n;
};

// What a state means among a vehicle's flags: by the state's number, by SUMO's signal bits.
struct Flags {
    uint8_t parking[8], charging[8], signals[16];
};

// To the nearest, ties to even; what does not fit becomes the largest or smallest that does, and so does NaN.
static inline double whole(double value, double least, double most) {
    const double near = std::rint(value);
    return near > least ? (near < most ? near : most) : least;
}

WAYSIDE_CLONES static void centimetres(const double* __restrict metres, int32_t* __restrict to, long long n) {
    for (long long i = 0; i < n; ++i) {
        to[i] = static_cast<int32_t>(whole(metres[i] * 100.0, -2147483648.0, 2147483647.0));
    }
}

WAYSIDE_CLONES static void angles(const double* __restrict degrees, uint16_t* __restrict to, long long n) {
    constexpr double turn = 65536.0 / 360.0;
    for (long long i = 0; i < n; ++i) {
        to[i] = static_cast<uint16_t>(static_cast<int32_t>(whole(degrees[i] * turn, -2147483648.0, 2147483647.0)));
    }
}

WAYSIDE_CLONES static void quarters(const double* __restrict speed, uint8_t* __restrict to, long long n) {
    for (long long i = 0; i < n; ++i) {
        to[i] = static_cast<uint8_t>(static_cast<int32_t>(whole(speed[i] * 4.0, 0.0, 255.0)));
    }
}

class FramePacker {
public:
    explicit FramePacker(const Flags& meaning) : meaning_(meaning) {}

    const std::vector<uint8_t>& frame() const { return frame_; }
    const std::vector<long long>& slots() const { return slot_; }
    uint32_t reference() const { return reference_; }
    long long on_road() const { return on_road_; }

    // The frame; `head` are its 32 bytes, but for the count.
    void keyframe(const uint8_t* head, const Seen& seen) {
        round(seen);
        order(seen);
        const size_t rows = slot_.size();
        station_.resize(rows);
        base_x_.resize(rows);
        base_y_.resize(rows);
        base_angle_.resize(rows);
        base_flags_.resize(rows);
        begin(head, static_cast<uint32_t>(rows), HEAD + ROW * rows);
        whole_rows(slot_, seen, HEAD);
        for (size_t i = 0; i < rows; ++i) {
            const long long s = slot_[i];
            station_[i] = seen.station[s];
            base_x_[i] = x_[s];
            base_y_[i] = y_[s];
            base_angle_[i] = angle_[s];
            base_flags_[i] = flags_[s];
        }
        std::memcpy(&reference_, head + SEQUENCE, 4);
    }

    // The frame relative to the last keyframe; false where a new one would not be larger.
    bool delta(const uint8_t* head, const Seen& seen) {
        round(seen);
        const size_t rows = slot_.size(), moving = static_cast<size_t>(on_road_);
        known_.assign(static_cast<size_t>(seen.n), 0);
        whole_.clear();
        gone_.clear();
        begin(head, static_cast<uint32_t>(moving), HEAD + 16 + DELTA_ROW * moving);
        uint8_t* const dx = &frame_[0] + HEAD + 16;
        uint8_t *const dy = dx + 2 * moving, *const turn = dy + 2 * moving, *const speed = turn + moving;
        for (size_t i = 0; i < rows; ++i) {
            const long long s = slot_[i];
            int16_t step[2] = {0, 0};
            int8_t turned = 0;
            uint8_t fast = 0;
            if (s >= seen.n || !seen.alive[s] || seen.station[s] != station_[i]) {
                gone_.push_back(static_cast<uint32_t>(station_[i]));
            } else {
                known_[s] = 1;
                const int64_t east = int64_t{x_[s]} - base_x_[i], north = int64_t{y_[s]} - base_y_[i];
                const bool parked = i >= moving;
                // A parked vehicle that is elsewhere, towed or swept away by a teleport, has no row of its own.
                const bool leaps = parked ? (east || north) : (east != int16_t(east) || north != int16_t(north));
                if (leaps || flags_[s] != base_flags_[i]) {
                    whole_.push_back(s);
                } else if (!parked) {
                    step[0] = static_cast<int16_t>(east);
                    step[1] = static_cast<int16_t>(north);
                    const double by = seen.heading[s] - base_angle_[i] * (360.0 / 65536.0);
                    turned = static_cast<int8_t>(static_cast<int32_t>(whole(by * (256.0 / 360.0), -1e9, 1e9)));
                    fast = speed_[s];
                }
            }
            if (i < moving) {
                std::memcpy(dx + 2 * i, &step[0], 2);
                std::memcpy(dy + 2 * i, &step[1], 2);
                turn[i] = static_cast<uint8_t>(turned);
                speed[i] = fast;
            }
        }
        size_t come = 0;
        for (long long s = 0; s < seen.n; ++s) {
            if (!known_[s] && seen.alive[s]) {
                whole_.push_back(s);
                ++come;
            }
        }
        const size_t size = frame_.size() + ROW * whole_.size() + 4 * gone_.size();
        if (size > HEAD + ROW * (rows + come - gone_.size())) return false;
        const auto before = [&](long long a, long long b) { return seen.station[a] < seen.station[b]; };
        std::sort(whole_.begin(), whole_.end(), before);
        std::sort(gone_.begin(), gone_.end());
        const uint32_t counts[4] = {
            reference_, static_cast<uint32_t>(whole_.size()), static_cast<uint32_t>(gone_.size()), 0
        };
        std::memcpy(&frame_[HEAD], counts, 16);
        const size_t at = frame_.size();
        frame_.resize(size);
        whole_rows(whole_, seen, at);
        if (!gone_.empty()) std::memcpy(&frame_[size - 4 * gone_.size()], gone_.data(), 4 * gone_.size());
        return true;
    }

private:
    static constexpr size_t HEAD = 32, SEQUENCE = 8, COUNT = 12, ROW = 16, DELTA_ROW = 6;
    static constexpr int DIGIT = 11;  // bits

    // All slots as frames have them: once through the columns, in the order in which they lie in memory.
    void round(const Seen& seen) {
        const size_t n = static_cast<size_t>(seen.n);
        if (x_.size() < n) {
            x_.resize(n);
            y_.resize(n);
            angle_.resize(n);
            speed_.resize(n);
            flags_.resize(n);
        }
        centimetres(seen.x, x_.data(), seen.n);
        centimetres(seen.y, y_.data(), seen.n);
        angles(seen.heading, angle_.data(), seen.n);
        quarters(seen.speed, speed_.data(), seen.n);
        for (size_t s = 0; s < n; ++s) {
            flags_[s] = meaning_.parking[seen.parking[s] & 7] | meaning_.charging[seen.charging[s] & 7]
                | meaning_.signals[seen.signals[s] & 15] | static_cast<uint8_t>(seen.lane[s] < 0);
        }
    }

    // The slots of all vehicles: those on the road first, both by station. A radix sort: stations are dense.
    void order(const Seen& seen) {
        slot_.clear();
        long long least = INT64_MAX, most = INT64_MIN;
        for (long long s = 0; s < seen.n; ++s) {
            if (!seen.alive[s]) continue;
            slot_.push_back(s);
            least = std::min(least, seen.station[s]);
            most = std::max(most, seen.station[s]);
        }
        const size_t rows = slot_.size();
        other_.resize(rows);
        const uint64_t range = rows ? static_cast<uint64_t>(most) - static_cast<uint64_t>(least) : 0;
        for (int shift = 0; shift < 64 && range >> shift; shift += DIGIT) {
            size_t place[1 << DIGIT] = {};
            const auto digit = [&](long long s) {
                const uint64_t above = static_cast<uint64_t>(seen.station[s]) - static_cast<uint64_t>(least);
                return above >> shift & ((1 << DIGIT) - 1);
            };
            for (const long long s : slot_) ++place[digit(s)];
            size_t sum = 0;
            for (size_t& one : place) {
                const size_t many = one;
                one = sum;
                sum += many;
            }
            for (const long long s : slot_) other_[place[digit(s)]++] = s;
            slot_.swap(other_);
        }
        const auto drives = [&](long long s) { return seen.lane[s] >= 0; };
        on_road_ = std::stable_partition(slot_.begin(), slot_.end(), drives) - slot_.begin();
    }

    void begin(const uint8_t* head, uint32_t count, size_t size) {
        frame_.resize(size);
        std::memcpy(&frame_[0], head, HEAD);
        std::memcpy(&frame_[COUNT], &count, 4);
    }

    // Rows of 16 bytes, column by column.
    void whole_rows(const std::vector<long long>& slots, const Seen& seen, size_t at) {
        const size_t rows = slots.size();
        uint8_t* const id = frame_.data() + at;
        uint8_t *const x = id + 4 * rows, *const y = x + 4 * rows, *const angle = y + 4 * rows;
        uint8_t *const speed = angle + 2 * rows, *const flags = speed + rows;
        for (size_t i = 0; i < rows; ++i) {
            const long long s = slots[i];
            const uint32_t station = static_cast<uint32_t>(seen.station[s]);
            std::memcpy(id + 4 * i, &station, 4);
            std::memcpy(x + 4 * i, &x_[s], 4);
            std::memcpy(y + 4 * i, &y_[s], 4);
            std::memcpy(angle + 2 * i, &angle_[s], 2);
            speed[i] = speed_[s];
            flags[i] = flags_[s];
        }
    }

    Flags meaning_;
    // By slot.
    std::vector<int32_t> x_, y_;
    std::vector<uint16_t> angle_;
    std::vector<uint8_t> speed_, flags_, known_;
    // The last keyframe, by row.
    std::vector<long long> slot_, station_;
    std::vector<int32_t> base_x_, base_y_;
    std::vector<uint16_t> base_angle_;
    std::vector<uint8_t> base_flags_;
    long long on_road_ = 0;
    uint32_t reference_ = 0;
    // Of the frame being packed.
    std::vector<uint8_t> frame_;
    std::vector<long long> other_, whole_;
    std::vector<uint32_t> gone_;
};

}  // namespace wayside
