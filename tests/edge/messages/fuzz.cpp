// Mutated and random packets into the decoder, built with AddressSanitizer and UndefinedBehaviorSanitizer by fuzz.py.
//
// fuzz CORPUS PACKETS SEED: the corpus has for each message its program (int64 words), the plan of its shape (or none),
// the lists and the fills of its columns, and valid packets. With a plan, columns must be as without. Prints for each how many packets were decoded and refused, and the CPU time of the slowest [s].
#include <sys/resource.h>

#include <cstdio>
#include <ctime>
#include <memory>

#include "uper_columns.hpp"

static uint64_t state;

static uint64_t next() {  // xorshift64*
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717ull;
}

static uint64_t below(uint64_t n) { return n ? next() % n : 0; }

using Packet = std::vector<uint8_t>;

static Packet mutated(const std::vector<Packet>& valid) {
    Packet packet = valid[below(valid.size())];
    const uint64_t kind = below(8);
    if (kind == 0) {  // nothing but noise
        packet.resize(below(300));
        for (auto& octet : packet) octet = static_cast<uint8_t>(next());
        return packet;
    }
    if (kind == 1) packet.resize(below(packet.size() + 1));  // cut off
    if (kind == 2 && !packet.empty()) {                      // the end of another one
        const Packet& other = valid[below(valid.size())];
        packet.resize(below(packet.size()));
        packet.insert(packet.end(), other.begin() + below(other.size()), other.end());
    }
    if (kind == 3) packet.insert(packet.end(), below(40), static_cast<uint8_t>(next()));
    if (packet.empty()) return packet;
    for (uint64_t n = 1 + below(kind == 4 ? 30 : 3); n > 0; --n) {
        const uint64_t at = below(packet.size());
        if (kind == 5) {
            packet[at] = below(2) ? 0xff : 0xc0 + below(6);  // counts and lengths
        } else {
            packet[at] ^= static_cast<uint8_t>(1u << below(8));
        }
    }
    return packet;
}

template <class T>
static std::vector<T> words(FILE* from) {
    int64_t count = 0;
    if (std::fread(&count, 8, 1, from) != 1) return {};
    std::vector<T> found(count);
    if (count && std::fread(found.data(), sizeof(T), count, from) != static_cast<size_t>(count)) std::abort();
    return found;
}

// What is in the columns of one packet, and whether it could be decoded; the rest is thrown away.
static std::vector<int64_t> decoded_columns(const std::vector<int64_t>& program, const int64_t* plan,
                                            const std::vector<int64_t>& lists, const std::vector<int64_t>& fills,
                                            const Packet& packet, bool& good) {
    // Of exactly its size on the heap, so that a read beyond it is seen.
    std::unique_ptr<uint8_t[]> exact(new uint8_t[packet.size()]);
    if (!packet.empty()) std::memcpy(exact.get(), packet.data(), packet.size());
    const int64_t size = static_cast<int64_t>(packet.size()), offsets[2] = {0, size};
    std::vector<int64_t> row(lists.size());
    uper::ColumnSink sink;
    for (size_t k = 0; k < lists.size(); ++k) sink.columns.push_back({fills[k], lists[k], &row[k], {}});
    uint8_t valid = 0;
    uper::Course course;
    if (plan) course.lay(plan, static_cast<int64_t>(lists.size()), lists.data(), nullptr, nullptr, nullptr);
    uper::decode_rows(program.data(), plan ? &course : nullptr, sink, exact.get(), size, offsets, nullptr, 1, &valid);
    good = valid;
    for (const auto& column : sink.columns) row.insert(row.end(), column.numbers.begin(), column.numbers.end());
    return row;
}

int main(int, char** arguments) {
    FILE* corpus = std::fopen(arguments[1], "rb");
    const int64_t packets = std::atoll(arguments[2]);
    if (!corpus) return 2;
    int64_t total = 0;
    for (;;) {
        const auto name = words<char>(corpus);
        if (name.empty()) break;
        const auto program = words<int64_t>(corpus);
        const auto plan = words<int64_t>(corpus);
        const auto lists = words<int64_t>(corpus);
        const auto fills = words<int64_t>(corpus);
        std::vector<Packet> valid(words<int64_t>(corpus).size());
        for (auto& packet : valid) packet = words<uint8_t>(corpus);
        state = std::strtoull(arguments[3], nullptr, 10) * 0x9e3779b97f4a7c15ull + 1;
        int64_t decoded = 0;
        double slowest = 0.0;
        for (int64_t k = 0; k < packets; ++k) {
            const Packet packet = mutated(valid);
            bool good = false, again = false;
            const std::clock_t began = std::clock();
            const auto found = decoded_columns(program, nullptr, lists, fills, packet, good);
            const double took = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
            if (took > slowest) slowest = took;
            decoded += good;
            if (plan.empty()) continue;
            if (found != decoded_columns(program, plan.data(), lists, fills, packet, again) || good != again) {
                std::fprintf(stderr, "%.*s: other columns with the plan\n", static_cast<int>(name.size()), name.data());
                return 1;
            }
        }
        total += packets;
        std::printf("%.*s %lld %lld %.6f\n", static_cast<int>(name.size()), name.data(),
                    static_cast<long long>(decoded), static_cast<long long>(packets - decoded), slowest);
    }
    rusage used;
    getrusage(RUSAGE_SELF, &used);
    std::printf("total %lld %ld\n", static_cast<long long>(total), used.ru_maxrss);
    return 0;
}
