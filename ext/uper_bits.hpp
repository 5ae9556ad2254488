// Bits in and out of octets, most significant first, and the lengths and numbers of UPER (ITU-T X.691) among them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace uper {

constexpr int64_t FRAGMENT = 16384;  // X.691, 11.9.3.8

static inline uint64_t load_be(const uint8_t* from) {
    uint64_t word;
    std::memcpy(&word, from, 8);
    return __builtin_bswap64(word);  // little-endian hosts only, which setup.py's targets are
}

static inline void store_be(uint8_t* to, uint64_t word) {
    word = __builtin_bswap64(word);
    std::memcpy(to, &word, 8);
}

// Bits appended to a buffer that grows, or to one of fixed size that the caller has made large enough.
struct Writer {
    uint8_t* data = near;
    size_t capacity = sizeof near, bytes = 0;  // whole bytes written
    uint64_t acc = 0;                          // its lowest `bits` bits are written too
    int bits = 0;
    uint8_t near[400];  // enough for most messages

    Writer() {}
    explicit Writer(uint8_t* to) : data(to), capacity(0) {}  // as large as it must be, and not ours
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() {
        if (data != near && capacity) std::free(data);
    }

    // Room for `more` bytes beyond what is there; false where there is no memory.
    bool room(size_t more) {
        if (bytes + more + 16 <= capacity) return true;
        const size_t wanted = 2 * (bytes + more) + 256;
        auto* grown = static_cast<uint8_t*>(std::realloc(data == near ? nullptr : data, wanted));
        if (!grown) return false;
        if (data == near) std::memcpy(grown, near, size());
        data = grown;
        capacity = wanted;
        return true;
    }

    // The lowest `count` bits of a value, 0 <= count <= 56; higher ones must be 0. There must be room.
    void put_short(uint64_t value, int count) {
        acc = (acc << count) | value;
        bits += count;
        if (bits) store_be(data + bytes, acc << (64 - bits));
        bytes += bits >> 3;
        bits &= 7;
    }

    bool put(uint64_t value, int count) {
        if (!room(8)) return false;
        if (count > 56) {
            put_short(value >> 32, count - 32);
            value &= 0xffffffffu;
            count = 32;
        }
        put_short(value, count);
        return true;
    }

    // So many bits, from the first of a byte string on.
    bool put_bytes(const uint8_t* from, size_t count) {
        if (!count) return true;
        if (!room(count / 8 + 1)) return false;
        if (bits == 0) {
            std::memcpy(data + bytes, from, count / 8);
            bytes += count / 8;
        } else {
            for (size_t i = 0; i < count / 8; ++i) put_short(from[i], 8);
        }
        if (count % 8) put_short(from[count / 8] >> (8 - count % 8), static_cast<int>(count % 8));
        return true;
    }

    // General length determinant, X.691 11.9.3.5-8: sets how many of `count` it stands for; not less than a fragment
    // means that there is more to come.
    bool put_length(int64_t count, int64_t& part) {
        part = count;
        if (count < 128) return put(static_cast<uint64_t>(count), 8);
        if (count < FRAGMENT) return put(0x8000 | static_cast<uint64_t>(count), 16);
        const int64_t pieces = count / FRAGMENT < 4 ? count / FRAGMENT : 4;
        part = pieces * FRAGMENT;
        return put(0xc0 | static_cast<uint64_t>(pieces), 8);
    }

    // Items of `width` bits with general lengths before them; a fragment is a whole number of octets.
    bool put_fragments(const uint8_t* from, int64_t count, int64_t width) {
        int64_t part;
        do {
            if (!put_length(count, part) || !put_bytes(from, part * width)) return false;
            from += part * width / 8;
            count -= part;
        } while (part >= FRAGMENT);
        return true;
    }

    // An open type, X.691 11.2: its contents are at least one octet.
    bool put_open(const Writer& contents) {
        return contents.size() ? put_fragments(contents.data, contents.size(), 8) : put(0x0100, 16);
    }

    // An integer in as few octets as hold it, their number before it; X.691 11.3 and 11.4.
    bool put_octets(uint64_t value, bool is_signed) {
        int octets = 1;
        if (is_signed) {
            const auto number = static_cast<int64_t>(value);
            while (octets < 8 && number >> (8 * octets - 1) != 0 && number >> (8 * octets - 1) != -1) ++octets;
        } else {
            while (octets < 8 && value >> (8 * octets)) ++octets;
        }
        if (octets < 8) value &= (uint64_t(1) << (8 * octets)) - 1;
        return put(static_cast<uint64_t>(octets), 8) && put(value, 8 * octets);
    }

    // Normally small non-negative whole number, X.691 11.6.
    bool put_small(uint64_t value) { return value < 64 ? put(value, 7) : put(1, 1) && put_octets(value, false); }

    size_t size() const { return bytes + (bits > 0); }  // the last byte is padded with 0
    size_t length() const { return 8 * bytes + bits; }  // in bits

};

// Bits taken from a buffer of which none is read beyond the end.
struct Reader {
    const uint8_t* data = nullptr;
    int64_t octets = 0;        // that may be touched
    int64_t at = 0, end = 0;  // in bits

    Reader() = default;
    Reader(const uint8_t* from, int64_t size) : data(from), octets(size), end(8 * size) {}

    int64_t left() const { return end - at; }

    // `count` <= 56 bits; false where there are fewer.
    bool get_short(int count, uint64_t& value) {
        if (count > end - at) return false;
        const int64_t byte = at >> 3;
        uint64_t word;
        if (byte + 8 <= octets) {
            word = load_be(data + byte);
        } else {
            word = 0;
            for (int64_t i = 0; i < 8; ++i) word = (word << 8) | (byte + i < octets ? data[byte + i] : 0);
        }
        value = count ? (word << (at & 7)) >> (64 - count) : 0;
        at += count;
        return true;
    }

    bool get(int count, uint64_t& value) {
        if (count <= 56) return get_short(count, value);
        uint64_t high, low;
        if (count > end - at || !get_short(count - 32, high) || !get_short(32, low)) return false;
        value = high << 32 | low;
        return true;
    }

    // Copy `count` bits, left-aligned, the last byte padded with 0.
    bool copy(int64_t count, uint8_t* to) {
        if (count > end - at) return false;
        if ((at & 7) == 0) {
            std::memcpy(to, data + (at >> 3), count / 8);
            at += count & ~int64_t(7);
        } else {
            uint64_t value = 0;
            for (int64_t i = 0; i < count / 8; ++i) {
                get_short(8, value);
                to[i] = static_cast<uint8_t>(value);
            }
        }
        if (count % 8) {
            uint64_t value = 0;
            get_short(count % 8, value);
            to[count / 8] = static_cast<uint8_t>(value << (8 - count % 8));
        }
        return true;
    }
};

}  // namespace uper
