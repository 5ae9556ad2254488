// Work shared out among threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace wayside {

// work(i) for every i below n, in no order, the calling thread among the others. Each takes the next stretch when it
// is done with its last one: rows differ in what they cost.
template <typename F>
void share_out(int n, int threads, F&& work) {
    constexpr int STRETCH = 16;
    threads = std::min(threads, n / (4 * STRETCH));
    if (threads < 2) {
        for (int i = 0; i < n; ++i) work(i);
        return;
    }
    std::atomic<int> next{0};
    const auto run = [&] {
        for (int from = next.fetch_add(STRETCH); from < n; from = next.fetch_add(STRETCH)) {
            for (int i = from; i < std::min(from + STRETCH, n); ++i) work(i);
        }
    };
    std::vector<std::thread> crew;
    for (int t = 1; t < threads; ++t) crew.emplace_back(run);
    run();
    for (auto& one : crew) one.join();
}

}  // namespace wayside
