// A queue of numbered things by how far they are; of those as far, the lowest number comes first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wayside {

// A heap of four children each: half as deep as one of two, and a node's children lie in one line of the cache.
class Queue {
public:
    struct Entry {
        double far;
        int32_t number;

        bool operator<(const Entry& other) const {
            return far < other.far || (far == other.far && number < other.number);
        }
    };

    bool empty() const { return heap.empty(); }
    void clear() { heap.clear(); }

    void push(double far, int32_t number) {
        const Entry entry{far, number};
        size_t at = heap.size();
        heap.push_back(entry);
        while (at > 0) {
            const size_t above = (at - 1) / 4;
            if (!(entry < heap[above])) break;
            heap[at] = heap[above];
            at = above;
        }
        heap[at] = entry;
    }

    Entry pop() {
        const Entry top = heap.front(), last = heap.back();
        heap.pop_back();
        const size_t count = heap.size();
        if (count == 0) return top;
        size_t at = 0;
        while (true) {
            const size_t begin = 4 * at + 1;
            if (begin >= count) break;
            size_t least = begin;
            for (size_t child = begin + 1; child < std::min(begin + 4, count); ++child) {
                if (heap[child] < heap[least]) least = child;
            }
            if (!(heap[least] < last)) break;
            heap[at] = heap[least];
            at = least;
        }
        heap[at] = last;
        return top;
    }

private:
    std::vector<Entry> heap;
};

}  // namespace wayside
