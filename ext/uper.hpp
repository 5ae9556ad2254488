// UPER (ITU-T X.691, PER unaligned): a decoder over a flat program.
//
// The decoder reads what anybody may have sent: every read is checked against the end, every count against the bits
// that are left, and the depth is bounded (DEPTH). A fault stops it and is told with the path to it.
#pragma once

#include <vector>

#include "uper_bits.hpp"
#include "uper_program.hpp"

namespace uper {

enum class Fault {
    NONE,
    SHORT,      // wanted a bits, b are left
    RANGE,      // a is not in b..c
    GAP,        // a is in its range, but left out
    INDEX,      // item a of b
    SIZE,       // a elements, not b..c
    COUNT,      // a elements cannot be in b bits
    WIDE,       // an integer of a octets
    DEEP,       // nested deeper than DEPTH
    CHARACTER,  // a is not in the alphabet
    UTF8,
    LEFT,    // a octets behind the message
    PYTHON,  // the sink has raised
};

struct Step {
    int64_t name;   // object of a member's or alternative's name, -1: an element, -2: an addition we do not know
    int64_t index;  // of the element or addition
};

// What is wrong with a message, and where.
struct Report {
    Fault fault = Fault::NONE;
    int64_t a = 0, b = 0, c = 0;
    int steps = 0;
    Step path[DEPTH + 1];  // innermost first
};

// The number of characters; -1 where it is not UTF-8 (RFC 3629).
static inline int64_t utf8_characters(const uint8_t* s, int64_t size) {
    int64_t count = 0;
    for (int64_t i = 0; i < size; ++count) {
        const uint8_t c = s[i];
        if (c < 0x80) {
            ++i;
            continue;
        }
        const int more = c >= 0xc2 && c < 0xe0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 0;
        if (!more || i + more >= size) return -1;
        const uint8_t d = s[i + 1];
        if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) || (c == 0xf0 && d < 0x90) || (c == 0xf4 && d > 0x8f))
            return -1;
        for (int k = 1; k <= more; ++k)
            if ((s[i + k] & 0xc0) != 0x80) return -1;
        i += more + 1;
    }
    return count;
}

// What it finds goes to a sink: Python values, columns of numbers, or nothing. A sink's methods return false where
// they have raised.
template <class Sink>
class Decoder : public Report {
public:
    using Value = typename Sink::Value;

    Reader in;

    Decoder(const int64_t* program, Sink& to) : code(program), sink(to) {}

    // A whole message: nothing may follow it but the padding of its last octet.
    bool message(const uint8_t* data, int64_t size, Value& out) {
        in = Reader(data, size);
        fault = Fault::NONE;
        steps = depth = 0;
        if (!value(0, out)) return false;
        // A value of no bits is sent as one octet of 0; X.691 11.1.3.
        if (in.left() >= 8 && !(in.at == 0 && size == 1)) return wrong(Fault::LEFT, in.left() / 8);
        return true;
    }

private:
    const int64_t* code;
    Sink& sink;
    int depth = 0;
    int64_t last = 0;  // integer read, which selects the open type after it
    std::vector<uint8_t> scratch;

    bool wrong(Fault what, int64_t x = 0, int64_t y = 0, int64_t z = 0) {
        fault = what;
        a = x;
        b = y;
        c = z;
        return false;
    }

    bool told(bool done) {
        if (!done) fault = Fault::PYTHON;
        return done;
    }

    bool from(int64_t name, int64_t index) {  // the fault lies beneath this
        if (steps <= DEPTH) path[steps++] = {name, index};
        return false;
    }

    bool get(int count, uint64_t& value) {
        return in.get(count, value) || wrong(Fault::SHORT, count, in.left());
    }

    bool has(int64_t count) { return count <= in.left() || wrong(Fault::SHORT, count, in.left()); }

    bool bit(bool& set) {
        uint64_t value;
        if (!get(1, value)) return false;
        set = value != 0;
        return true;
    }

    // General length determinant, X.691 11.9: `more` where it is a fragment and another one follows.
    bool length(int64_t& count, bool& more) {
        uint64_t value;
        more = false;
        if (!get(8, value)) return false;
        if (value < 0x80) {
            count = static_cast<int64_t>(value);
        } else if (value < 0xc0) {
            uint64_t low;
            if (!get(8, low)) return false;
            count = static_cast<int64_t>((value & 0x3f) << 8 | low);
        } else {
            count = static_cast<int64_t>(value & 0x3f) * FRAGMENT;
            more = true;
            if (count < FRAGMENT || count > 4 * FRAGMENT) return wrong(Fault::RANGE, count / FRAGMENT, 1, 4);
        }
        return true;
    }

    // An integer in so many octets; X.691 11.3 or 11.4.
    bool octets_integer(bool is_signed, uint64_t& value) {
        int64_t count;
        bool more;
        if (!length(count, more)) return false;
        if (more || count > 8 || count < 1) return wrong(Fault::WIDE, count);
        if (!get(static_cast<int>(8 * count), value)) return false;
        if (is_signed && count < 8 && value >> (8 * count - 1)) value |= ~uint64_t(0) << (8 * count);
        return true;
    }

    // Normally small non-negative whole number, X.691 11.6.
    bool small(int64_t& value) {
        bool large;
        uint64_t raw;
        if (!bit(large)) return false;
        if (!large) {
            if (!get(6, raw)) return false;
        } else if (!octets_integer(false, raw)) {
            return false;
        } else if (raw > INT64_MAX) {
            return wrong(Fault::WIDE, 8);
        }
        value = static_cast<int64_t>(raw);
        return true;
    }

    bool integer(const int64_t* p, int64_t& out) {
        bool extended = false;
        uint64_t raw;
        if (p[EXTENSIBLE] && !bit(extended)) return false;
        if (extended || (p[WIDTH] < 0 && p[LOW] == INT64_MIN)) {
            if (!octets_integer(true, raw)) return false;
            out = static_cast<int64_t>(raw);
            if (!extended && out > p[HIGH]) return wrong(Fault::RANGE, out, p[LOW], p[HIGH]);
            return true;
        }
        if (p[WIDTH] < 0) {
            if (!octets_integer(false, raw)) return false;
        } else if (!get(static_cast<int>(p[WIDTH]), raw)) {
            return false;
        }
        if (raw > static_cast<uint64_t>(p[HIGH]) - static_cast<uint64_t>(p[LOW])) {
            if (raw > INT64_MAX) return wrong(Fault::WIDE, 8);
            return wrong(Fault::RANGE, static_cast<int64_t>(static_cast<uint64_t>(p[LOW]) + raw), p[LOW], p[HIGH]);
        }
        out = static_cast<int64_t>(static_cast<uint64_t>(p[LOW]) + raw);
        if (p[GAPS] && raw < 63 && p[GAPS] >> raw & 1) return wrong(Fault::GAP, out);
        return true;
    }

    // The index of an enumeration's item or a choice's alternative; `extended`: beyond the root.
    bool index(const int64_t* p, int64_t& out, bool& extended) {
        extended = false;
        if (p[EXTENSIBLE] && !bit(extended)) return false;
        if (extended) {
            if (!small(out)) return false;
            if (out > INT32_MAX) return wrong(Fault::WIDE, 8);
            out += p[ROOT];
            return true;
        }
        uint64_t raw;
        if (!get(static_cast<int>(p[INDEX_WIDTH]), raw)) return false;
        out = static_cast<int64_t>(raw);
        return out < p[ROOT] || wrong(Fault::INDEX, out, p[ROOT]);
    }

    // The size of a string or list; `more` as for `length`.
    bool size(const int64_t* p, int64_t& count, bool& more, bool& extended) {
        extended = more = false;
        if (p[EXTENSIBLE] && !bit(extended)) return false;
        if (extended || p[WIDTH] < 0) {
            if (!length(count, more)) return false;
        } else {
            uint64_t raw;
            if (!get(static_cast<int>(p[WIDTH]), raw)) return false;
            count = p[LOW] + static_cast<int64_t>(raw);
        }
        return true;
    }

    bool fits(const int64_t* p, int64_t count, bool extended) {
        if (extended || (count >= p[LOW] && (p[HIGH] < 0 || count <= p[HIGH]))) return true;
        return wrong(Fault::SIZE, count, p[LOW], p[HIGH]);
    }

    // A string's items of `width` bits, as they stand, into `scratch`; `total` of them.
    bool items(const int64_t* p, int64_t width, int64_t& total, bool& extended) {
        int64_t count;
        bool more;
        if (!size(p, count, more, extended)) return false;
        if (!has(count * width)) return false;
        scratch.resize((count * width + 7) / 8 + 8);
        if (!in.copy(count * width, scratch.data())) return wrong(Fault::SHORT, count * width, in.left());
        total = count;
        while (more) {  // a fragment is a multiple of 16384 items: whole octets
            if (!length(count, more) || !has(count * width)) return false;
            scratch.resize(((total + count) * width + 7) / 8 + 8);
            in.copy(count * width, scratch.data() + total * width / 8);
            total += count;
        }
        return true;
    }

    bool text(const int64_t* p, Value& out) {
        int64_t count, characters;
        bool extended;
        const int width = static_cast<int>(p[CHARACTER_WIDTH]);
        if (!width) {  // UTF-8: the size counts characters and is not PER-visible (X.691 30.1)
            if (!items(p, 8, count, extended)) return false;
            characters = utf8_characters(scratch.data(), count);
            if (characters < 0) return wrong(Fault::UTF8);
            if (characters < p[LOW] || (p[REACH] >= 0 && characters > p[REACH]))
                return wrong(Fault::SIZE, characters, p[LOW], p[REACH]);
            return told(sink.text(p, scratch.data(), count, out));
        }
        if (!items(p, width, count, extended) || !fits(p, count, extended)) return false;
        Reader packed(scratch.data(), static_cast<int64_t>(scratch.size()));
        std::vector<uint8_t> plain(count);
        for (int64_t i = 0; i < count; ++i) {
            uint64_t raw = 0;
            packed.get_short(width, raw);
            if (static_cast<int64_t>(raw) >= p[CHARACTERS] || p[ALPHABET + raw] < 0)
                return wrong(Fault::CHARACTER, static_cast<int64_t>(raw));
            plain[i] = static_cast<uint8_t>(p[ALPHABET + raw]);
        }
        return told(sink.text(p, plain.data(), count, out));
    }

    bool list(const int64_t* p, Value& out) {
        int64_t count, total = 0;
        bool more, extended;
        if (!size(p, count, more, extended)) return false;
        if (!more && !fits(p, count, extended)) return false;
        if (!told(sink.begin_list(p, out))) return false;
        for (;;) {
            // What takes no bits on the wire could be there any number of times: then the fragments' size limits it.
            const int64_t width = p[ELEMENT_WIDTH];
            if (width ? count > in.left() / width : total + count > 4 * FRAGMENT)
                return wrong(Fault::COUNT, total + count, in.left());
            for (int64_t i = 0; i < count; ++i) {
                Value element{};
                if (!told(sink.begin_element(p))) return false;
                if (!value(p[ELEMENT], element)) {
                    sink.drop(element);
                    return from(-1, total + i);
                }
                if (!told(sink.element(out, element))) return false;
            }
            total += count;
            if (!more) break;
            if (!length(count, more)) return false;
        }
        return told(sink.end_list(p, total)) && (fits(p, total, extended));
    }

    // An open type's contents, X.691 11.2: `inner` reads them and need not use all of them.
    template <class Inner>
    bool open(Inner inner) {
        int64_t count;
        bool more;
        if (!length(count, more) || !has(8 * count)) return false;
        if (!more) {
            const int64_t end = in.end, next = in.at + 8 * count;
            in.end = next;
            if (!inner()) return false;
            in.end = end;
            in.at = next;
            return true;
        }
        std::vector<uint8_t> whole(count);
        in.copy(8 * count, whole.data());
        while (more) {
            if (!length(count, more) || !has(8 * count)) return false;
            const size_t before = whole.size();
            whole.resize(before + count);
            in.copy(8 * count, whole.data() + before);
        }
        const Reader outer = in;
        in = Reader(whole.data(), static_cast<int64_t>(whole.size()));
        if (!inner()) return false;
        in = outer;
        return true;
    }

    // The rest of what `open` gave, as octets.
    void remainder() {
        const int64_t count = in.left();
        scratch.resize((count + 7) / 8 + 8);
        in.copy(count, scratch.data());
        rest = count / 8;
    }
    int64_t rest = 0;

    bool member(const int64_t* entry, Value& out) {
        Value inner{};
        if (!value(entry[2], inner)) {
            sink.drop(inner);
            return from(entry[0], 0);
        }
        return told(sink.member(out, entry, inner));
    }

    // The members of a sequence or of a group of additions.
    bool members(const int64_t* p, Value& out) {
        uint64_t present = 0;
        const int optionals = static_cast<int>(p[OPTIONALS]);
        if (!get(optionals, present)) return false;
        int seen = 0;
        const int64_t* entry = p + TABLE;
        for (int64_t i = 0; i < p[MEMBERS]; ++i, entry += ENTRY) {
            if (entry[1] != MANDATORY && !(present >> (optionals - ++seen) & 1)) {
                if (entry[1] == DEFAULT && !told(sink.absent(out, entry[0], entry[3]))) return false;
                continue;
            }
            if (!member(entry, out)) return false;
        }
        return true;
    }

    bool sequence(const int64_t* p, Value& out) {
        bool extended = false;
        if (p[EXTENSIBLE] && !bit(extended)) return false;
        if (!told(sink.begin_sequence(p, out)) || !members(p, out)) return false;
        if (!extended) return additions(p, out, 0, 0);
        bool large, more;
        int64_t count;
        uint64_t raw;
        if (!bit(large)) return false;
        if (!large) {  // X.691 11.9.3.4
            if (!get(6, raw)) return false;
            count = static_cast<int64_t>(raw) + 1;
        } else {
            if (!length(count, more)) return false;
            if (more || !count) return wrong(Fault::COUNT, count, in.left());
        }
        if (!has(count)) return false;
        const int64_t map = in.at;
        in.at += count;
        return additions(p, out, map, count);
    }

    bool additions(const int64_t* p, Value& out, int64_t map, int64_t count) {
        const int64_t* entry = p + TABLE + ENTRY * p[MEMBERS];
        for (int64_t i = 0; i < count || i < p[ADDITIONS]; ++i, entry += ENTRY) {
            uint64_t present = 0;
            if (i < count) {
                Reader bits = in;
                bits.at = map + i;
                bits.end = map + count;
                bits.get_short(1, present);
            }
            if (!present) {
                if (i < p[ADDITIONS] && entry[1] == DEFAULT && !told(sink.absent(out, entry[0], entry[3]))) return false;
                continue;
            }
            bool done;
            if (i >= p[ADDITIONS]) {
                done = open([&] {
                    remainder();
                    return told(sink.unknown_member(out, i, scratch.data(), rest));
                });
                if (!done) return from(-2, i);
            } else if (entry[0] < 0) {
                done = open([&] { return members(code + entry[2], out); });
                if (!done) return false;
            } else {
                const int64_t steps_before = steps;
                done = open([&] { return member(entry, out); });
                if (!done) return steps > steps_before ? false : from(entry[0], 0);
            }
        }
        return true;
    }

    bool choice(const int64_t* p, Value& out) {
        int64_t which;
        bool extended;
        if (!index(p, which, extended)) return false;
        Value inner{};
        const auto alternative = [&] { return value(p[ALTERNATIVES + which], inner); };
        if (which >= p[ITEMS]) {
            return open([&] {
                remainder();
                return told(sink.unknown_choice(p, which, scratch.data(), rest, out));
            });
        }
        if (!(extended ? open(alternative) : alternative())) {
            sink.drop(inner);
            return from(p[NAMES], which);
        }
        return told(sink.choice(p, which, inner, out));
    }

    bool selected(const int64_t* p, Value& out) {
        const int64_t key = last;
        for (int64_t i = 0; i < p[TYPES]; ++i)
            if (p[PAIRS + 2 * i] == key) return open([&] { return value(p[PAIRS + 2 * i + 1], out); });
        return open([&] {
            remainder();
            return told(sink.octets(p, scratch.data(), rest, out));
        });
    }

    bool value(int64_t pc, Value& out) {
        if (depth >= DEPTH) return wrong(Fault::DEEP);
        const int64_t* p = code + pc;
        int64_t number, count;
        bool flag, extended;
        switch (p[0]) {
            case BOOLEAN: return bit(flag) && told(sink.boolean(p, flag, out));
            case NUL: return told(sink.null(p, out));
            case INTEGER:
                if (!integer(p, number)) return false;
                last = number;
                return told(sink.integer(p, number, out));
            case ENUMERATED: return index(p, number, extended) && told(sink.enumerated(p, number, out));
            case BITS:
                return items(p, 1, count, extended) && fits(p, count, extended) &&
                       told(sink.bits(p, scratch.data(), count, out));
            case OCTETS:
                return items(p, 8, count, extended) && fits(p, count, extended) &&
                       told(sink.octets(p, scratch.data(), count, out));
            case TEXT: return text(p, out);
            default: break;
        }
        ++depth;
        bool done = false;
        switch (p[0]) {
            case SEQUENCE_OF: done = list(p, out); break;
            case SEQUENCE: done = sequence(p, out); break;
            case CHOICE: done = choice(p, out); break;
            case OPEN: done = selected(p, out); break;
            default: done = wrong(Fault::INDEX, p[0], OPEN); break;
        }
        --depth;
        return done;
    }
};

}  // namespace uper
