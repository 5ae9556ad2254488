// How many messages of one shape are written and read: a plan (edge/messages/plan.py), laid out as runs of bits.
//
// Between two places where messages may part, all is at the same bits in each: what never differs is written, and looked
// at, a word at a time, and each number has its place.
#pragma once

#include <algorithm>
#include <vector>

#include "uper_bits.hpp"

namespace uper {

// A plan's steps, as many words as STEP each:
enum Move : int64_t {
    BITS_OUT,    // value, width: the same bits in every message
    NUMBER_OUT,  // column, low, high, width, value, width, gaps: the second are bits before it, the same in every
                 // message; then the column's number less `low`, of which those with a bit in `gaps` are left out
    FLAG_OUT,    // column, value: a bit, 0 where the column has this value
    SKIP,        // column, value, to: go to step `to` where the column has this value
    UNLESS,      // column, value, to: where it has another
    REPEAT,      // column of counts, low, high, width (-1: general length), to, list: the steps up to before `to`
    AGAIN,       // the end of a repetition
    END
};
constexpr Move RUN = BITS_OUT;  // in a `Course`, for all steps of the first three moves
constexpr int STEP = 8;
constexpr int LISTS = 16, NESTED = 8;
constexpr int LONGEST_RUN = 8;  // words

static inline bool left_out(int64_t gaps, uint64_t raw) { return gaps && raw < 63 && gaps >> raw & 1; }

// A number's place in a run: the lowest bit is `shift` bits above the lowest of a word.
struct Spot {
    int64_t low;     // of a flag: the number where its bit is 0
    uint64_t span;   // the greatest number less `low`
    uint64_t mask;   // its bits, at the lowest place
    int64_t gaps;
    const int64_t* from;  // the column that is written from
    int column, step;
    int word, shift;
    int ahead;    // words from the last number's to its
    bool across;  // it begins in the word before
    bool flag, kept, asked;
    int64_t* to;  // the column that is read to, where it is not of a list
};

struct Leg {
    Move move;
    int step;             // of the plan
    int bits, words;      // of a run
    int same;             // its words in `same` and `mask`
    int begin, end;       // its spots
    int column, list;     // of what is asked here; the list that a run's numbers are of, or that is repeated
    int64_t low, high;    // of a count; where to leave: the value
    int width, to;
    const int64_t* from;
};

// A plan laid out for writing from columns, or for reading.
struct Course {
    std::vector<Leg> legs;
    std::vector<Spot> spots;
    std::vector<uint64_t> same, mask;  // by run: the bits that never differ, and which those are
    std::vector<int64_t> now;          // when reading, the number last read for each column

    // from: the columns that are written from, NULL for reading; list_of: the list that each column's numbers are of, -1
    // for one a message; to: the columns that are read to, NULL where they are of lists; kept: which are wanted when
    // reading, NULL for all.
    void lay(const int64_t* plan, int64_t columns, const int64_t* list_of, const int64_t* const* from,
             int64_t* const* to, const uint8_t* kept) {
        legs.clear();
        spots.clear();
        same.clear();
        mask.clear();
        now.assign(columns, 0);
        int64_t steps = 1;
        while (plan[STEP * (steps - 1)] != END) ++steps;
        std::vector<uint8_t> reached(steps + 1, 0), asked(columns, 0);
        std::vector<int> leg_of(steps + 1, 0);
        for (int64_t at = 0; at < steps; ++at) {
            const int64_t* s = plan + STEP * at;
            if (s[0] == SKIP || s[0] == UNLESS) {
                reached[s[3]] = 1;
                asked[s[1]] = 1;
            } else if (s[0] == REPEAT) {
                reached[s[5]] = 1;
            }
        }
        bool open = false;
        int inside = -1;  // the list that the numbers of a run are of
        const auto place = [&](uint64_t value, uint64_t which, int width) {  // in the open run; where its end is
            Leg& leg = legs.back();
            const int begin = leg.bits, end = begin + width, word = (end - 1) >> 6, shift = 63 - ((end - 1) & 63);
            while (leg.words <= word) {
                same.push_back(0);
                mask.push_back(0);
                ++leg.words;
            }
            uint64_t* bits = same.data() + leg.same + word;
            uint64_t* fixed = mask.data() + leg.same + word;
            bits[0] |= value << shift;
            fixed[0] |= which << shift;
            if (begin >> 6 != word) {
                bits[-1] |= value >> (64 - shift);
                fixed[-1] |= which >> (64 - shift);
            }
            leg.bits = end;
        };
        const auto ready = [&](int width) {  // a run with room for so many bits
            if (open && legs.back().bits + width <= 64 * LONGEST_RUN) return;
            Leg leg{};
            leg.same = static_cast<int>(same.size());
            leg.begin = leg.end = static_cast<int>(spots.size());
            leg.list = inside;
            legs.push_back(leg);
            open = true;
        };
        const auto fixed = [&](int64_t value, int64_t width) {
            if (!width) return;
            ready(static_cast<int>(width));
            place(static_cast<uint64_t>(value), ones(static_cast<int>(width)), static_cast<int>(width));
        };
        for (int64_t at = 0; at < steps; ++at) {
            const int64_t* s = plan + STEP * at;
            if (reached[at]) open = false;
            if (!open) leg_of[at] = static_cast<int>(legs.size());
            if (s[0] == BITS_OUT) {
                fixed(s[1], s[2]);
            } else if (s[0] == NUMBER_OUT || s[0] == FLAG_OUT) {
                const bool flag = s[0] == FLAG_OUT;
                const int width = flag ? 1 : static_cast<int>(s[4]);
                if (list_of[s[1]] != inside) {
                    inside = static_cast<int>(list_of[s[1]]);
                    open = open && legs.back().begin == legs.back().end;
                    if (open) legs.back().list = inside;
                }
                if (!flag) fixed(s[5], s[6]);
                Spot spot{};
                spot.column = static_cast<int>(s[1]);
                spot.step = static_cast<int>(at);
                spot.from = from ? from[s[1]] : nullptr;
                spot.flag = flag;
                spot.low = s[2];
                spot.span = flag ? 1 : static_cast<uint64_t>(s[3]) - static_cast<uint64_t>(s[2]);
                spot.gaps = flag ? 0 : s[7];
                spot.mask = ones(width);
                spot.kept = !kept || kept[s[1]];
                spot.asked = asked[s[1]];
                spot.to = to && spot.kept && inside < 0 ? to[s[1]] : nullptr;
                if (width) {
                    ready(width);
                    place(0, 0, width);
                    const int last = legs.back().bits - 1;
                    spot.word = last >> 6;
                    spot.shift = 63 - (last & 63);
                    spot.across = (last - width + 1) >> 6 != spot.word;
                } else {
                    ready(1);
                    spot.word = std::max(legs.back().words - 1, 0);
                }
                spot.ahead = spot.word - (legs.back().begin == legs.back().end ? 0 : spots.back().word);
                if (from || spot.kept || spot.asked || spot.gaps || spot.span != spot.mask) spots.push_back(spot);
                legs.back().end = static_cast<int>(spots.size());
            } else {
                open = false;
                Leg leg{};
                leg.move = static_cast<Move>(s[0]);
                leg.step = static_cast<int>(at);
                if (s[0] != AGAIN && s[0] != END) {
                    leg.column = static_cast<int>(s[1]);
                    leg.from = from ? from[s[1]] : nullptr;
                    leg.low = s[2];
                    leg.to = static_cast<int>(s[0] == REPEAT ? s[5] : s[3]);
                    leg.high = s[3];
                    leg.width = static_cast<int>(s[4]);
                    leg.list = static_cast<int>(s[0] == REPEAT ? s[6] : -1);
                }
                legs.push_back(leg);
            }
        }
        for (auto& leg : legs)
            if (leg.move == SKIP || leg.move == UNLESS || leg.move == REPEAT) leg.to = leg_of[leg.to];
        same.push_back(0);  // so that a run without bits has a word too
    }

    static uint64_t ones(int width) { return width >= 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1; }
};

struct Refusal {
    int64_t row = -1, step = -1, value = 0, element = -1;
};

// Bits appended to a buffer that is large enough, and has 16 octets more; `rest` holds those that are not there yet,
// fewer than 64, from the highest bit on.
struct Appender {
    uint8_t* to;
    uint64_t rest = 0;
    int fill = 0;

    explicit Appender(uint8_t* out) : to(out) {}

    // The highest `bits` bits of a word, 1 to 64; the others are 0.
    void put(uint64_t word, int bits) {
        rest |= word >> fill;
        if (fill + bits >= 64) {
            store_be(to, rest);
            to += 8;
            rest = (word << 1) << (63 - fill);
            fill -= 64;
        }
        fill += bits;
    }

    uint8_t* end() {
        store_be(to, rest);
        return to + (fill + 7) / 8;
    }
};

// So many messages to `out`, its size after each to offsets[row + 1]; offsets[0] is 0. `list_of` says for each column
// which list its numbers are of, -1 for one a message; `cursor` ends at the number of elements used of each list. The
// buffer is large enough for all messages and for room[list] elements of each list, and 16 octets more. A refusal's
// element is -2 where a list has no more room.
static inline Refusal write_rows(const Course& course, const int64_t* list_of, int64_t rows, const int64_t* room,
                                 uint8_t* out, int64_t* offsets, int64_t* cursor) {
    Refusal refusal;
    offsets[0] = 0;
    for (int64_t row = 0; row < rows; ++row) {
        Appender to(out + offsets[row]);
        int64_t left[NESTED];
        int start[NESTED], list[NESTED], nested = -1;
        const auto number = [&](const Leg& leg) {
            const int64_t of = list_of[leg.column];
            return leg.from[of < 0 ? row : cursor[of]];
        };
        const auto refuse = [&](int step, int64_t value, bool in_list) {
            refusal.row = row;
            refusal.step = step;
            refusal.value = value;
            if (in_list && nested >= 0) refusal.element = cursor[list[nested]];
            return refusal;
        };
        for (const Leg* leg = course.legs.data();; ++leg) {
            if (leg->move == RUN) {
                const uint64_t* same = course.same.data() + leg->same;
                const int64_t at = leg->list < 0 ? row : cursor[leg->list];
                uint64_t word = *same;
                int bits = leg->bits;
                const Spot* const end = course.spots.data() + leg->end;
                for (const Spot* spot = course.spots.data() + leg->begin; spot != end; ++spot) {
                    const int64_t value = spot->from[at];
                    uint64_t raw = static_cast<uint64_t>(value) - static_cast<uint64_t>(spot->low);
                    if (spot->flag) {
                        raw = raw != 0;
                    } else if (raw > spot->span || left_out(spot->gaps, raw)) {
                        return refuse(spot->step, value, true);
                    }
                    for (int k = spot->ahead; k > 0; --k, bits -= 64) {  // words that end before it does
                        if (k == 1 && spot->across) word |= raw >> (64 - spot->shift);
                        to.put(word, 64);
                        word = *++same;
                    }
                    word |= raw << spot->shift;
                }
                for (; bits > 64; bits -= 64) {
                    to.put(word, 64);
                    word = *++same;
                }
                if (bits > 0) to.put(word, bits);
            } else if (leg->move == SKIP) {
                if (number(*leg) == leg->low) leg = course.legs.data() + leg->to - 1;
            } else if (leg->move == UNLESS) {
                if (number(*leg) != leg->low) leg = course.legs.data() + leg->to - 1;
            } else if (leg->move == REPEAT) {
                const int64_t count = number(*leg);
                if (count < leg->low || count > leg->high) return refuse(leg->step, count, false);
                if (count > room[leg->list] - cursor[leg->list]) {
                    refusal.element = -2;
                    return refuse(leg->step, count, false);
                }
                if (leg->width > 0) {
                    to.put(static_cast<uint64_t>(count - leg->low) << (64 - leg->width), leg->width);
                } else if (leg->width < 0 && count < 128) {
                    to.put(static_cast<uint64_t>(count) << 56, 8);
                } else if (leg->width < 0) {
                    to.put((static_cast<uint64_t>(count) | 0x8000) << 48, 16);
                }
                if (!count) {
                    leg = course.legs.data() + leg->to - 1;
                } else {
                    ++nested;
                    left[nested] = count;
                    start[nested] = static_cast<int>(leg - course.legs.data());
                    list[nested] = leg->list;
                }
            } else if (leg->move == AGAIN) {
                ++cursor[list[nested]];
                if (--left[nested] > 0) {
                    leg = course.legs.data() + start[nested];
                } else {
                    --nested;
                }
            } else {
                break;
            }
        }
        int64_t size = to.end() - out;
        if (size == offsets[row]) out[size++] = 0;  // X.691 11.1.3
        offsets[row + 1] = size;
    }
    return refusal;
}

// One message read by the plan that writes such messages; false where it has not that form, whatever it may be: then
// the general decoder must look at it, and what is in the sink is not to be used. `in` may touch octets behind it.
template <class Sink>
static inline bool read_row(Course& course, Sink& sink, Reader in) {
    int64_t left[NESTED];
    int start[NESTED], list[NESTED], nested = -1;
    int64_t* const now = course.now.data();
    uint64_t raw;
    for (const Leg* leg = course.legs.data();; ++leg) {
        if (leg->move == RUN) {
            if (leg->bits > in.left()) return false;
            uint64_t word[LONGEST_RUN + 1];  // from the second on
            uint8_t near[8 * LONGEST_RUN + 9];
            word[0] = 0;
            const uint8_t* data = in.data + (in.at >> 3);
            const int64_t there = in.octets - (in.at >> 3), wanted = 8 * leg->words + 1;
            if (there < wanted) {  // the buffer's last ones
                std::memset(near, 0, wanted);
                if (there > 0) std::memcpy(near, data, there);
                data = near;
            }
            const int ahead = in.at & 7;
            const uint64_t* same = course.same.data() + leg->same;
            const uint64_t* mask = course.mask.data() + leg->same;
            uint64_t differs = 0;
            for (int k = 0; k < leg->words; ++k) {
                word[k + 1] = load_be(data + 8 * k) << ahead | data[8 * k + 8] >> (8 - ahead);
                differs |= (word[k + 1] ^ same[k]) & mask[k];
            }
            if (differs) return false;
            in.at += leg->bits;
            const Spot* const end = course.spots.data() + leg->end;
            for (const Spot* spot = course.spots.data() + leg->begin; spot != end; ++spot) {
                raw = (word[spot->word + 1] >> spot->shift | (word[spot->word] << 1) << (63 - spot->shift)) & spot->mask;
                if (raw > spot->span || left_out(spot->gaps, raw)) return false;
                // Of a flag: a presence, or for now not the default.
                const int64_t value = static_cast<int64_t>(static_cast<uint64_t>(spot->low) + raw);
                if (spot->asked) now[spot->column] = value;
                if (spot->to) {
                    spot->to[sink.row] = value;
                } else if (spot->kept) {
                    sink.cell(spot->column) = value;
                }
            }
        } else if (leg->move == SKIP) {
            if (now[leg->column] == leg->low) leg = course.legs.data() + leg->to - 1;
        } else if (leg->move == UNLESS) {
            if (now[leg->column] != leg->low) leg = course.legs.data() + leg->to - 1;
        } else if (leg->move == REPEAT) {
            if (!in.get_short(leg->width >= 0 ? leg->width : 8, raw)) return false;
            if (leg->width < 0 && raw >= 0x80) {
                uint64_t low;
                if (raw >= 0xc0 || !in.get_short(8, low)) return false;
                raw = (raw & 0x3f) << 8 | low;
            }
            const int64_t count = static_cast<int64_t>(raw) + (leg->width >= 0 ? leg->low : 0);
            if (count < leg->low || count > leg->high) return false;
            sink.cell(leg->column) = count;
            if (!count) {
                leg = course.legs.data() + leg->to - 1;
            } else {
                ++nested;
                left[nested] = count;
                start[nested] = static_cast<int>(leg - course.legs.data());
                list[nested] = leg->list;
                sink.open_element(leg->list);
            }
        } else if (leg->move == AGAIN) {
            if (--left[nested] > 0) {
                leg = course.legs.data() + start[nested];
                sink.open_element(list[nested]);
            } else {
                --nested;
            }
        } else {
            break;
        }
    }
    return in.left() < 8;
}

}  // namespace uper
