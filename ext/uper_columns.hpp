// Many messages from columns of numbers and into them: a plan that a program was specialised to, and a decoder's sink.
#pragma once

#include <algorithm>
#include <utility>

#include "uper.hpp"

namespace uper {

// A plan writes one message after the other. Its steps, as many words as STEP each:
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
constexpr int STEP = 8;
constexpr int LISTS = 16, NESTED = 8;
constexpr int CHUNK = 56;  // bits that are written or read at once

struct Refusal {
    int64_t row = -1, step = -1, value = 0, element = -1;
};

static inline bool left_out(int64_t gaps, uint64_t raw) { return gaps && raw < 63 && gaps >> raw & 1; }

// So many messages to `out`, its size after each to offsets[row + 1]; offsets[0] is 0. `list_of` says for each column
// which list its numbers are of, -1 for one a message; `cursor` ends at the number of elements used of each list. The
// buffer is large enough for all messages and for room[list] elements of each list, and 16 octets more. A refusal's
// element is -2 where a list has no more room.
static inline Refusal run_plan(const int64_t* plan, const int64_t* const* columns, const int64_t* list_of, int64_t rows,
                               const int64_t* room, uint8_t* out, int64_t* offsets, int64_t* cursor) {
    Writer w(out);
    Refusal refusal;
    offsets[0] = 0;
    for (int64_t row = 0; row < rows; ++row) {
        int64_t left[NESTED], start[NESTED], list[NESTED];
        int nested = -1;
        const auto number = [&](int64_t column) {
            const int64_t of = list_of[column];
            return columns[column][of < 0 ? row : cursor[of]];
        };
        const auto refuse = [&](int64_t at, int64_t value, bool in_list) {
            refusal.row = row;
            refusal.step = at;
            refusal.value = value;
            if (in_list && nested >= 0) refusal.element = cursor[list[nested]];
            return refusal;
        };
        for (int64_t at = 0;; ++at) {
            const int64_t* s = plan + STEP * at;
            if (s[0] == NUMBER_OUT) {
                const int64_t value = number(s[1]);
                const uint64_t raw = static_cast<uint64_t>(value) - static_cast<uint64_t>(s[2]);
                if (value < s[2] || value > s[3] || left_out(s[7], raw)) return refuse(at, value, true);
                const int width = static_cast<int>(s[4]);
                if (width <= CHUNK) {
                    w.put_short(static_cast<uint64_t>(s[5]) << width | raw, width + static_cast<int>(s[6]));
                } else {
                    w.put_short(raw >> 32, width - 32);
                    w.put_short(raw & 0xffffffffu, 32);
                }
            } else if (s[0] == BITS_OUT) {
                w.put_short(static_cast<uint64_t>(s[1]), static_cast<int>(s[2]));
            } else if (s[0] == SKIP) {
                if (number(s[1]) == s[2]) at = s[3] - 1;
            } else if (s[0] == UNLESS) {
                if (number(s[1]) != s[2]) at = s[3] - 1;
            } else if (s[0] == FLAG_OUT) {
                w.put_short(number(s[1]) != s[2], 1);
            } else if (s[0] == REPEAT) {
                const int64_t count = number(s[1]);
                if (count < s[2] || count > s[3]) return refuse(at, count, false);
                if (count > room[s[6]] - cursor[s[6]]) {
                    refusal.element = -2;
                    return refuse(at, count, false);
                }
                if (s[4] >= 0) {
                    w.put_short(static_cast<uint64_t>(count - s[2]), static_cast<int>(s[4]));
                } else if (count < 128) {
                    w.put_short(static_cast<uint64_t>(count), 8);
                } else {
                    w.put_short(static_cast<uint64_t>(count) | 0x8000, 16);
                }
                if (!count) {
                    at = s[5] - 1;
                } else {
                    ++nested;
                    left[nested] = count;
                    start[nested] = at;
                    list[nested] = s[6];
                }
            } else if (s[0] == AGAIN) {
                ++cursor[list[nested]];
                if (--left[nested] > 0) {
                    at = start[nested];
                } else {
                    --nested;
                }
            } else {
                break;
            }
        }
        w.bytes = w.size();
        if (static_cast<int64_t>(w.bytes) == offsets[row]) w.data[w.bytes++] = 0;  // X.691 11.1.3
        w.bits = 0;
        w.acc = 0;
        offsets[row + 1] = static_cast<int64_t>(w.bytes);
    }
    return refusal;
}

// Numbers of bound nodes into columns: of an integer its value, of an enumeration or choice the index, of a list its
// length, of bits and octets (up to 8) the number they make, of what else there is 1; and of a member that is there 1.
struct ColumnSink {
    struct Value {};

    struct Column {
        int64_t fill, list;
        int64_t* rows;                 // one number a message, the caller's; NULL where it is of a list
        std::vector<int64_t> numbers;  // one an element of its list
    };
    std::vector<Column> columns;
    std::vector<std::vector<int64_t>> of_list;  // the columns of each list, see `lists`
    int64_t row = 0;

    // Once all columns are there.
    void lists() {
        of_list.assign(LISTS, {});
        for (size_t k = 0; k < columns.size(); ++k)
            if (columns[k].list >= 0) of_list[columns[k].list].push_back(static_cast<int64_t>(k));
    }

    int64_t& cell(int64_t column) {
        Column& of = columns[column];
        return of.list < 0 ? of.rows[row] : of.numbers.back();
    }

    void drop(Value) {}
    bool store(const int64_t* p, int64_t number) {
        if (p && p[COLUMN] >= 0) cell(p[COLUMN]) = number;
        return true;
    }
    // A message from its beginning: nothing is known of it yet.
    void open_message() {
        for (auto& column : columns)
            if (column.list < 0) column.rows[row] = column.fill;
    }
    // A new element of a list.
    void open_element(int64_t list) {
        for (const int64_t k : of_list[list]) columns[k].numbers.push_back(columns[k].fill);
    }
    static int64_t as_number(const uint8_t* data, int64_t count) {
        return count && count <= 64 ? static_cast<int64_t>(load_be(data) >> (64 - count)) : 0;
    }

    bool boolean(const int64_t* p, bool set, Value&) { return store(p, set); }
    bool null(const int64_t* p, Value&) { return store(p, 1); }
    bool integer(const int64_t* p, int64_t number, Value&) { return store(p, number); }
    bool enumerated(const int64_t* p, int64_t index, Value&) { return store(p, index); }
    bool bits(const int64_t* p, const uint8_t* data, int64_t count, Value&) { return store(p, as_number(data, count)); }
    bool octets(const int64_t* p, const uint8_t* data, int64_t count, Value&) {
        return store(p, as_number(data, 8 * count));
    }
    bool text(const int64_t* p, const uint8_t*, int64_t, Value&) { return store(p, 1); }
    bool begin_list(const int64_t*, Value&) { return true; }
    bool begin_element(const int64_t* p) {
        if (p[LIST] >= 0) open_element(p[LIST]);
        return true;
    }
    bool element(Value&, Value&) { return true; }
    bool end_list(const int64_t* p, int64_t count) { return store(p, count); }
    bool begin_sequence(const int64_t* p, Value&) { return store(p, 1); }
    bool member(Value&, const int64_t* entry, Value&) {
        if (entry[PRESENCE] >= 0) cell(entry[PRESENCE]) = 1;
        return true;
    }
    bool absent(Value&, int64_t, int64_t) { return true; }
    bool unknown_member(Value&, int64_t, const uint8_t*, int64_t) { return true; }
    bool choice(const int64_t* p, int64_t index, Value&, Value&) { return store(p, index); }
    bool unknown_choice(const int64_t* p, int64_t index, const uint8_t*, int64_t, Value&) { return store(p, index); }
};

// One message read by the plan that writes such messages; false where it has not that form, whatever it may be: then
// the general decoder must look at it, and what is in the columns is not to be used. `in` may touch octets behind it.
static inline bool read_plan(const int64_t* plan, ColumnSink& sink, Reader in) {
    int64_t left[NESTED], start[NESTED], list[NESTED];
    int nested = -1;
    uint64_t raw;
    for (int64_t at = 0;; ++at) {
        const int64_t* s = plan + STEP * at;
        if (s[0] == NUMBER_OUT) {
            const int width = static_cast<int>(s[4]);
            if (width <= CHUNK) {
                if (!in.get_short(width + static_cast<int>(s[6]), raw)) return false;
                if (raw >> width != static_cast<uint64_t>(s[5])) return false;
                raw &= (uint64_t(1) << width) - 1;
            } else if (!in.get(width, raw)) {
                return false;
            }
            if (raw > static_cast<uint64_t>(s[3]) - static_cast<uint64_t>(s[2]) || left_out(s[7], raw)) return false;
            sink.cell(s[1]) = static_cast<int64_t>(static_cast<uint64_t>(s[2]) + raw);
        } else if (s[0] == BITS_OUT) {
            if (!in.get_short(static_cast<int>(s[2]), raw) || raw != static_cast<uint64_t>(s[1])) return false;
        } else if (s[0] == FLAG_OUT) {
            if (!in.get_short(1, raw)) return false;
            sink.cell(s[1]) = s[2] + static_cast<int64_t>(raw);  // a presence, or for now not the default
        } else if (s[0] == SKIP) {
            if (sink.cell(s[1]) == s[2]) at = s[3] - 1;
        } else if (s[0] == UNLESS) {
            if (sink.cell(s[1]) != s[2]) at = s[3] - 1;
        } else if (s[0] == REPEAT) {
            if (!in.get_short(s[4] >= 0 ? static_cast<int>(s[4]) : 8, raw)) return false;
            if (s[4] < 0 && raw >= 0x80) {
                uint64_t low;
                if (raw >= 0xc0 || !in.get_short(8, low)) return false;
                raw = (raw & 0x3f) << 8 | low;
            }
            const int64_t count = static_cast<int64_t>(raw) + (s[4] >= 0 ? s[2] : 0);
            if (count < s[2] || count > s[3]) return false;
            sink.cell(s[1]) = count;
            if (!count) {
                at = s[5] - 1;
            } else {
                ++nested;
                left[nested] = count;
                start[nested] = at;
                list[nested] = s[6];
                sink.open_element(s[6]);
            }
        } else if (s[0] == AGAIN) {
            if (--left[nested] > 0) {
                at = start[nested];
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

// Messages into columns, `plan` (NULL: none) writes those of the form that most will have. Message k is from
// data[offsets[k]] to data[offsets[k + 1]]; row i is message which[i] (NULL: i); valid[i] says whether it could be
// decoded. One that could not leaves fills and no elements. With a plan, the fill of counts and presences must be 0, of
// what has a default that. Returns how many could.
static inline int64_t decode_rows(const int64_t* code, const int64_t* plan, ColumnSink& sink, const uint8_t* data,
                                  int64_t octets, const int64_t* offsets, const int32_t* which, int64_t rows,
                                  uint8_t* valid) {
    Decoder<ColumnSink> decoder(code, sink);
    if (sink.of_list.empty()) sink.lists();
    for (auto& column : sink.columns)
        if (column.list < 0) std::fill_n(column.rows, rows, column.fill);
    std::vector<std::pair<std::vector<int64_t>*, size_t>> lists;  // and their size before the message
    for (auto& column : sink.columns)
        if (column.list >= 0) lists.emplace_back(&column.numbers, 0);
    const auto again = [&] {
        for (auto& list : lists) list.first->resize(list.second);
        sink.open_message();
    };
    ColumnSink::Value nothing;
    int64_t good = 0;
    for (int64_t row = 0; row < rows; ++row) {
        const int64_t k = which ? which[row] : row, size = offsets[k + 1] - offsets[k];
        sink.row = row;
        for (auto& list : lists) list.second = list.first->size();
        if (plan && size) {
            Reader in(data + offsets[k], size);
            in.octets = octets - offsets[k];
            if (read_plan(plan, sink, in)) {
                valid[row] = 1;
                ++good;
                continue;
            }
            again();
        }
        valid[row] = decoder.message(data + offsets[k], size, nothing);
        good += valid[row];
        if (!valid[row]) again();
    }
    return good;
}

}  // namespace uper
