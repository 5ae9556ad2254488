// Work shared out among threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
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

// Results that helpers work out ahead of the thread that will want them, perhaps. It does not wait: what is not ready when
// it is wanted, it works out itself. All of the work is done in the end, with and without helpers.
template <typename Result>
class Ahead {
public:
    Ahead() = default;
    Ahead(const Ahead&) = delete;
    Ahead& operator=(const Ahead&) = delete;
    ~Ahead() { join(); }

    // work(who, result) for each of those `wanted`, each once and below n, by `helpers` threads, in this order.
    template <typename F>
    void start(const std::vector<int32_t>& wanted, int n, int helpers, F work) {
        finish([](int32_t, Result&) {});
        who = wanted;
        index.resize(n, -1);
        for (size_t k = 0; k < who.size(); ++k) index[who[k]] = static_cast<int32_t>(k);
        if (results.size() < who.size()) {
            results.resize(who.size());
            stage = std::make_unique<std::atomic<uint8_t>[]>(results.size());
        }
        for (size_t k = 0; k < who.size(); ++k) stage[k].store(OPEN, std::memory_order_relaxed);
        next = 0;
        for (int t = 0; t < helpers; ++t) {
            crew.emplace_back([this, work] {
                for (size_t k = next.fetch_add(1); k < who.size(); k = next.fetch_add(1)) {
                    uint8_t open = OPEN;
                    if (!stage[k].compare_exchange_strong(open, BEGUN)) continue;
                    work(who[k], results[k]);
                    stage[k].store(READY, std::memory_order_release);
                }
            });
        }
    }

    // Swap in what is ready for one of those wanted, once; false where nothing is, and the caller has to do it.
    bool take(int32_t wanted, Result& result) {
        const int32_t k = wanted < static_cast<int32_t>(index.size()) ? index[wanted] : -1;
        if (k < 0) return false;
        index[wanted] = -1;
        uint8_t open = OPEN;
        if (stage[k].compare_exchange_strong(open, TAKEN) || open != READY) return false;
        std::swap(result, results[k]);
        return true;
    }

    // Do what is left.
    template <typename F>
    void finish(F work) {
        for (size_t k = 0; k < who.size(); ++k) {
            index[who[k]] = -1;
            uint8_t open = OPEN;
            if (stage[k].compare_exchange_strong(open, TAKEN)) work(who[k], results[k]);
        }
        join();
        who.clear();
    }

private:
    enum : uint8_t { OPEN, BEGUN, READY, TAKEN };
    std::vector<int32_t> who, index;  // index: by who is wanted
    std::vector<Result> results;
    std::unique_ptr<std::atomic<uint8_t>[]> stage;
    std::atomic<size_t> next{0};
    std::vector<std::thread> crew;

    void join() {
        for (auto& one : crew) one.join();
        crew.clear();
    }
};

}  // namespace wayside
