// Many messages into columns of numbers: the decoder's sink, and which of two ways each message takes.
#pragma once

#include <algorithm>
#include <utility>

#include "uper.hpp"
#include "uper_plan.hpp"

namespace uper {

// Numbers of bound nodes into columns: of an integer its value, of an enumeration or choice the index, of a list its
// length, of bits and octets (up to 8) the number they make, of what else there is 1; and of a member that is there 1.
struct ColumnSink {
    struct Value {};

    struct Column {
        int64_t fill, list;
        int64_t* rows;                 // one number a message, the caller's; NULL where it is of a list
        std::vector<int64_t> numbers;  // one an element of its list
        bool kept = true;              // what is not is read, and forgotten
    };
    std::vector<Column> columns;
    std::vector<std::vector<int64_t>> of_list;  // the columns of each list, see `lists`
    int64_t row = 0, forgotten = 0;

    // Once all columns are there.
    void lists() {
        of_list.assign(LISTS, {});
        for (size_t k = 0; k < columns.size(); ++k)
            if (columns[k].list >= 0 && columns[k].kept) of_list[columns[k].list].push_back(static_cast<int64_t>(k));
    }

    int64_t& cell(int64_t column) {
        Column& of = columns[column];
        if (!of.kept) return forgotten;
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
            if (column.list < 0 && column.kept) column.rows[row] = column.fill;
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

// Messages into columns; `course` (NULL: none) is laid for reading those of the form that most will have. Message k is from
// data[offsets[k]] to data[offsets[k + 1]]; row i is message which[i] (NULL: i); valid[i] says whether it could be
// decoded. One that could not leaves fills and no elements. With a course, the fill of counts and presences must be 0, of
// what has a default that. Returns how many could.
static inline int64_t decode_rows(const int64_t* code, Course* course, ColumnSink& sink, const uint8_t* data,
                                  int64_t octets, const int64_t* offsets, const int32_t* which, int64_t rows,
                                  uint8_t* valid) {
    Decoder<ColumnSink> decoder(code, sink);
    if (sink.of_list.empty()) sink.lists();
    for (auto& column : sink.columns)
        if (column.list < 0 && column.kept) std::fill_n(column.rows, rows, column.fill);
    std::vector<std::pair<std::vector<int64_t>*, size_t>> lists;  // and their size before the message
    for (auto& column : sink.columns)
        if (column.list >= 0 && column.kept) lists.emplace_back(&column.numbers, 0);
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
        if (course && size) {
            Reader in(data + offsets[k], size);
            in.octets = octets - offsets[k];
            if (read_row(*course, sink, in)) {
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
