// The nearest places on a road graph from many origins (nearest.pyx).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace wayside {

// Edges, each followed by others, and places along them; compressed rows, both.
struct Graph {
    int32_t edges = 0, places = 0;
    std::vector<int32_t> first, next;              // by edge: where its followers begin, and they
    std::vector<int32_t> first_stand, stand;       // by edge: where its places begin, and they, in their order along it
    std::vector<double> along, beyond;             // of each of these: its share of the edge before it, what it costs
                                                   // to come from the edge to the place
};

// An edge as a search looks at it, in one place of memory.
struct Road {
    double cost;
    int32_t first, first_stand;
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

// The ends of edges that are to be looked at, the nearest first; in which order those as near come does not matter. A
// heap of four children each, whose least is found without a branch: that would be guessed wrong every other time.
class Ends {
public:
    struct End {
        double far;
        int32_t edge;
    };

    bool empty() const { return count == 0; }
    void clear() { count = 0; }

    void push(double far, int32_t edge) {
        if (count + 4 >= heap.size()) heap.resize(2 * heap.size() + 8);
        size_t at = count++;
        while (at > 0) {
            const size_t above = (at - 1) / 4;
            if (!(far < heap[above].far)) break;
            heap[at] = heap[above];
            at = above;
        }
        heap[at] = {far, edge};
    }

    End pop() {
        const End top = heap[0], last = heap[--count];
        for (size_t k = count; k < count + 4; ++k) heap[k].far = INFINITY;  // no child is there
        size_t at = 0, begin = 1;
        while (begin < count) {
            const size_t one = begin + (heap[begin + 1].far < heap[begin].far);
            const size_t two = begin + 2 + (heap[begin + 3].far < heap[begin + 2].far);
            const size_t least = heap[two].far < heap[one].far ? two : one;
            if (!(heap[least].far < last.far)) break;
            heap[at] = heap[least];
            at = least;
            begin = 4 * at + 1;
        }
        heap[at] = last;
        return top;
    }

private:
    std::vector<End> heap;
    size_t count = 0;
};

// One search after the other: what it has reached is known by the number of the search.
//
// Dijkstra's, over the ends of edges: the first end that comes up before an edge is the nearest one, so an edge is
// reached once and for all, and enters the queue once, with its own end. What lies farther than the last place that is
// still wanted never enters it.
class Searcher {
public:
    explicit Searcher(const Graph& graph)
        : graph(graph), reached(graph.edges, 0), wished(graph.places, 0), arrived(graph.places) {}

    void search(const Wanted& wanted, const Road* roads, int64_t origin) {
        this->roads = roads;
        if (++epoch == 0) {
            std::fill(reached.begin(), reached.end(), 0);
            std::fill(wished.begin(), wished.end(), 0);
            epoch = 1;
        }
        place = wanted.place + origin * wanted.count;
        far = wanted.far + origin * wanted.count;
        count = wanted.count;
        found = 0;
        missing = wanted.usable ? count : wish();
        bound = missing ? INFINITY : -INFINITY;
        queue.clear();
        for (int64_t k = wanted.first_begin[origin]; k < wanted.first_begin[origin + 1]; ++k) {
            const int32_t edge = wanted.begin_edge[k];
            const double along = wanted.begin_along[k];
            stands(wanted, edge, along, 0.0);
            push((1.0 - along) * roads[edge].cost, edge);
        }
        while (!queue.empty()) {
            const auto [end, edge] = queue.pop();
            if (end > bound) break;
            for (int32_t k = roads[edge].first; k < roads[edge + 1].first; ++k) {
                const int32_t next = graph.next[k];
                if (reached[next] == epoch) continue;
                reached[next] = epoch;
                stands(wanted, next, 0.0, end);
                push(end + roads[next].cost, next);
            }
        }
        if (wanted.usable) {
            std::fill(place + found, place + count, -1);
            std::fill(far + found, far + count, INFINITY);
        } else {
            for (int64_t k = 0; k < count; ++k) far[k] = place[k] < 0 ? INFINITY : arrived[place[k]];
        }
    }

private:
    const Graph& graph;
    const Road* roads = nullptr;
    uint32_t epoch = 0;
    std::vector<uint32_t> reached, wished;  // the search in which an edge was reached, and a place wanted
    std::vector<double> arrived;            // by place wanted
    Ends queue;
    int32_t* place = nullptr;  // of this origin
    double* far = nullptr;
    int64_t count = 0, found = 0, missing = 0;
    double bound = 0.0;  // nothing farther is wanted

    // Mark the places that an origin wants to be known; how many.
    int64_t wish() {
        int64_t many = 0;
        for (int64_t k = 0; k < count; ++k) {
            if (place[k] < 0 || wished[place[k]] == epoch) continue;
            wished[place[k]] = epoch;
            arrived[place[k]] = INFINITY;
            ++many;
        }
        return many;
    }

    void push(double end, int32_t edge) {
        if (end < INFINITY && end <= bound) queue.push(end, edge);
    }

    void stands(const Wanted& wanted, int32_t edge, double behind, double there) {
        for (int32_t k = roads[edge].first_stand; k < roads[edge + 1].first_stand; ++k) {
            const int32_t at = graph.stand[k];
            if (graph.along[k] < behind || !(wanted.usable ? wanted.usable[at] : wished[at] == epoch)) continue;
            const double way = there + (graph.along[k] - behind) * roads[edge].cost + graph.beyond[k];
            if (!(way < INFINITY)) continue;
            if (wanted.usable) {
                rank(at, way);
            } else {
                arrive(at, way);
            }
        }
    }

    // Among the nearest so far, which are in order, those as far by number.
    void rank(int32_t at, double way) {
        if (found == count && !before(way, at, count - 1)) return;
        int64_t last = std::find(place, place + found, at) - place;  // the one that makes room
        if (last < found && !(way < far[last])) return;
        if (last == found && found == count) --last;
        if (last == found) ++found;
        for (; last > 0 && before(way, at, last - 1); --last) {
            place[last] = place[last - 1];
            far[last] = far[last - 1];
        }
        place[last] = at;
        far[last] = way;
        if (found == count) bound = far[count - 1];
    }

    bool before(double way, int32_t at, int64_t k) const { return way < far[k] || (way == far[k] && at < place[k]); }

    // A place wanted, along one way; once all are reached, nothing beyond the farthest matters.
    void arrive(int32_t at, double way) {
        if (!(way < arrived[at])) return;
        missing -= arrived[at] == INFINITY;
        arrived[at] = way;
        if (missing) return;
        bound = 0.0;
        for (int64_t k = 0; k < count; ++k) {
            if (place[k] >= 0) bound = std::max(bound, arrived[place[k]]);
        }
    }
};

// Each thread has origins of its own and a searcher of its own, so that the answer does not depend on how many. Those
// that begin on edges of near numbers follow one another: what one has read is at hand for the next.
static void search_all(const Graph& graph, const Wanted& wanted, int64_t origins, std::vector<Searcher>& crew) {
    std::vector<std::pair<int32_t, int64_t>> order(origins);
    for (int64_t k = 0; k < origins; ++k) {
        const int64_t begin = wanted.first_begin[k];
        order[k] = {begin < wanted.first_begin[k + 1] ? wanted.begin_edge[begin] : -1, k};
    }
    std::sort(order.begin(), order.end());
    std::vector<Road> roads(graph.edges + 1);
    for (int32_t edge = 0; edge <= graph.edges; ++edge) {
        roads[edge] = {edge < graph.edges ? wanted.cost[edge] : 0.0, graph.first[edge], graph.first_stand[edge]};
    }
    const auto work = [&](size_t who) {
        const int64_t share = (origins + crew.size() - 1) / crew.size();
        for (int64_t k = who * share; k < std::min<int64_t>(origins, (who + 1) * share); ++k) {
            crew[who].search(wanted, roads.data(), order[k].second);
        }
    };
    std::vector<std::thread> others;
    for (size_t who = 1; who < crew.size(); ++who) others.emplace_back(work, who);
    work(0);
    for (auto& one : others) one.join();
}

}  // namespace wayside
