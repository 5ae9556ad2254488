// The nearest places on a road graph from many origins (nearest.pyx).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <thread>
#include <vector>

#include "queue.hpp"

namespace wayside {

// Edges, each followed by others, and places along them; compressed rows, both.
struct Graph {
    int32_t edges = 0, places = 0;
    std::vector<int32_t> first, next;              // by edge: where its followers begin, and they
    std::vector<int32_t> first_stand, stand;       // by edge: where its places begin, and they, in their order along it
    std::vector<double> along, beyond;             // of each of these: its share of the edge before it, what it costs
                                                   // to come from the edge to the place
};

struct Wanted {
    const double* cost;             // by edge, of all of it
    const uint8_t* usable;          // by place; null: of each origin those that stand in `place`
    const int64_t* first_begin;     // by origin, and one more: where its begins begin
    const int32_t* begin_edge;
    const double* begin_along;      // share of the edge that lies behind
    int64_t count;                  // places of each origin
    int32_t* place;                 // origins x count, -1: none
    double* far;                    // origins x count
};

// One search after the other: what it has reached is known by the number of the search.
class Searcher {
public:
    explicit Searcher(const Graph& graph)
        : graph(graph),
          reached(graph.edges + graph.places, 0),
          wished(graph.places, 0),
          distance(graph.edges + graph.places),
          arrived(graph.places) {}

    // Dijkstra's, that ends with the last place wanted. Places are things to be reached as edges' begins are, so they
    // come out in order, at equal cost by number.
    void search(const Wanted& wanted, int64_t origin) {
        if (++epoch == 0) {
            std::fill(reached.begin(), reached.end(), 0);
            std::fill(wished.begin(), wished.end(), 0);
            epoch = 1;
        }
        int32_t* const place = wanted.place + origin * wanted.count;
        double* const far = wanted.far + origin * wanted.count;
        const int64_t wishes = wanted.usable ? wanted.count : wish(place, wanted.count);
        queue.clear();
        for (int64_t k = wanted.first_begin[origin]; k < wanted.first_begin[origin + 1]; ++k) {
            const int32_t edge = wanted.begin_edge[k];
            const double along = wanted.begin_along[k];
            stands(wanted, edge, along, 0.0);
            follow(edge, (1.0 - along) * wanted.cost[edge]);
        }
        int64_t found = 0;
        while (!queue.empty() && found < wishes) {
            const auto [there, number] = queue.pop();
            if (there > distance[number]) continue;
            distance[number] = -INFINITY;
            if (number >= graph.edges) {
                if (wanted.usable) {
                    place[found] = number - graph.edges;
                    far[found] = there;
                } else {
                    arrived[number - graph.edges] = there;
                }
                ++found;
                continue;
            }
            stands(wanted, number, 0.0, there);
            follow(number, there + wanted.cost[number]);
        }
        for (int64_t k = wanted.usable ? found : 0; k < wanted.count; ++k) {
            const int32_t at = wanted.usable ? -1 : place[k];
            const bool here = at >= 0 && reached[graph.edges + at] == epoch && distance[graph.edges + at] == -INFINITY;
            if (wanted.usable) place[k] = -1;
            far[k] = here ? arrived[at] : INFINITY;
        }
    }

private:
    const Graph& graph;
    uint32_t epoch = 0;
    std::vector<uint32_t> reached, wished;  // the search in which a thing was reached, and a place wanted
    std::vector<double> distance, arrived;
    Queue queue;

    // Mark the places that an origin wants to be known; how many.
    int64_t wish(const int32_t* place, int64_t count) {
        int64_t many = 0;
        for (int64_t k = 0; k < count; ++k) {
            if (place[k] < 0 || wished[place[k]] == epoch) continue;
            wished[place[k]] = epoch;
            ++many;
        }
        return many;
    }

    void reach(int32_t number, double there) {
        if (!(there < INFINITY) || (reached[number] == epoch && distance[number] <= there)) return;
        reached[number] = epoch;
        distance[number] = there;
        queue.push(there, number);
    }

    void follow(int32_t edge, double end) {
        for (int32_t k = graph.first[edge]; k < graph.first[edge + 1]; ++k) reach(graph.next[k], end);
    }

    void stands(const Wanted& wanted, int32_t edge, double behind, double there) {
        for (int32_t k = graph.first_stand[edge]; k < graph.first_stand[edge + 1]; ++k) {
            const int32_t place = graph.stand[k];
            if (graph.along[k] < behind || !(wanted.usable ? wanted.usable[place] : wished[place] == epoch)) continue;
            reach(graph.edges + place, there + (graph.along[k] - behind) * wanted.cost[edge] + graph.beyond[k]);
        }
    }
};

// Each thread has origins of its own and a searcher of its own, so that the answer does not depend on how many.
static void search_all(const Graph& graph, const Wanted& wanted, int64_t origins, std::vector<Searcher>& crew) {
    const auto work = [&](size_t who) {
        const int64_t share = (origins + crew.size() - 1) / crew.size();
        for (int64_t k = who * share; k < std::min<int64_t>(origins, (who + 1) * share); ++k) {
            crew[who].search(wanted, k);
        }
    };
    std::vector<std::thread> others;
    for (size_t who = 1; who < crew.size(); ++who) others.emplace_back(work, who);
    work(0);
    for (auto& one : others) one.join();
}

}  // namespace wayside
