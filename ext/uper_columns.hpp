// Many messages from columns of numbers and into them: a plan that a program was specialised to, and a decoder's sink.
#pragma once

#include "uper.hpp"

namespace uper {

// A plan writes one message after the other. Its steps, as many words as STEP each:
enum Move : int64_t {
    BITS_OUT,    // value, width: the same bits in every message
    NUMBER_OUT,  // column, low, high, width: the column's number less `low`
    FLAG_OUT,    // column, value: a bit, 0 where the column has this value
    SKIP,        // column, value, to: go to step `to` where the column has this value
    REPEAT,      // column of counts, low, high, width (-1: general length), to, list: the steps up to before `to`
    AGAIN,       // the end of a repetition
    END
};
constexpr int STEP = 8;
constexpr int LISTS = 16, NESTED = 8;

struct Refusal {
    int64_t row = -1, step = -1, value = 0, element = -1;
};

// So many messages to `out`, its size after each to offsets[row + 1]; offsets[0] is 0. `list_of` says for each column
// which list its numbers are of, -1 for one a message; `cursor` ends at the number of elements used of each list. The
// buffer is large enough for all, and 16 octets more.
static inline Refusal run_plan(const int64_t* plan, const int64_t* const* columns, const int64_t* list_of, int64_t rows,
                               uint8_t* out, int64_t* offsets, int64_t* cursor) {
    Writer w(out);
    Refusal refusal;
    offsets[0] = 0;
    for (int64_t row = 0; row < rows; ++row) {
        int64_t left[NESTED], start[NESTED], list[NESTED];
        int nested = -1;
        for (int64_t at = 0;; ++at) {
            const int64_t* s = plan + STEP * at;
            const auto number = [&](int64_t column) {
                const int64_t of = list_of[column];
                return columns[column][of < 0 ? row : cursor[of]];
            };
            if (s[0] == BITS_OUT) {
                w.put_short(static_cast<uint64_t>(s[1]), static_cast<int>(s[2]));
            } else if (s[0] == NUMBER_OUT) {
                const int64_t value = number(s[1]);
                if (value < s[2] || value > s[3]) {
                    refusal.row = row;
                    refusal.step = at;
                    refusal.value = value;
                    if (nested >= 0) refusal.element = cursor[list[nested]];
                    return refusal;
                }
                const uint64_t raw = static_cast<uint64_t>(value) - static_cast<uint64_t>(s[2]);
                const int width = static_cast<int>(s[4]);
                if (width > 32) {
                    w.put_short(raw >> 32, width - 32);
                    w.put_short(raw & 0xffffffffu, 32);
                } else {
                    w.put_short(raw, width);
                }
            } else if (s[0] == SKIP) {
                if (number(s[1]) == s[2]) at = s[3] - 1;
            } else if (s[0] == FLAG_OUT) {
                w.put_short(number(s[1]) != s[2], 1);
            } else if (s[0] == REPEAT) {
                const int64_t count = number(s[1]);
                if (count < s[2] || count > s[3]) {
                    refusal.row = row;
                    refusal.step = at;
                    refusal.value = count;
                    return refusal;
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
        std::vector<int64_t> numbers;
        int64_t fill, list;
    };
    std::vector<Column> columns;

    void drop(Value) {}
    bool store(const int64_t* p, int64_t number) {
        if (p && p[COLUMN] >= 0) columns[p[COLUMN]].numbers.back() = number;
        return true;
    }
    // A new message, or a new element of a list: nothing is known of it yet.
    void open_row(int64_t list) {
        for (auto& column : columns)
            if (column.list == list) column.numbers.push_back(column.fill);
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
        if (p[LIST] >= 0) open_row(p[LIST]);
        return true;
    }
    bool element(Value&, Value&) { return true; }
    bool end_list(const int64_t* p, int64_t count) { return store(p, count); }
    bool begin_sequence(const int64_t* p, Value&) { return store(p, 1); }
    bool member(Value&, const int64_t* entry, Value&) {
        if (entry[PRESENCE] >= 0) columns[entry[PRESENCE]].numbers.back() = 1;
        return true;
    }
    bool absent(Value&, int64_t, int64_t) { return true; }
    bool unknown_member(Value&, int64_t, const uint8_t*, int64_t) { return true; }
    bool choice(const int64_t* p, int64_t index, Value&, Value&) { return store(p, index); }
    bool unknown_choice(const int64_t* p, int64_t index, const uint8_t*, int64_t, Value&) { return store(p, index); }
};

// Message k from data[offsets[k]] to data[offsets[k + 1]]; valid[k] says whether it could be decoded. One that could not
// leaves fills and no elements.
static inline int64_t decode_rows(const int64_t* code, ColumnSink& sink, const uint8_t* data, const int64_t* offsets,
                                  int64_t rows, uint8_t* valid) {
    Decoder<ColumnSink> decoder(code, sink);
    std::vector<size_t> before(sink.columns.size());
    ColumnSink::Value nothing;
    int64_t good = 0;
    for (int64_t row = 0; row < rows; ++row) {
        for (size_t i = 0; i < before.size(); ++i) before[i] = sink.columns[i].numbers.size();
        sink.open_row(-1);
        valid[row] = decoder.message(data + offsets[row], offsets[row + 1] - offsets[row], nothing);
        good += valid[row];
        if (valid[row]) continue;
        for (size_t i = 0; i < before.size(); ++i) sink.columns[i].numbers.resize(before[i]);
        sink.open_row(-1);
    }
    return good;
}

}  // namespace uper
