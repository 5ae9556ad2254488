// Requests to facilities at the least cost in sum (assignment.pyx).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "queue.hpp"

namespace wayside {

// Successive shortest paths with prices, as Jonker and Volgenant (1987) have them, over facilities that take several.
// A request's way out is a rejection, a column of its own: nobody else can want it, so who is rejected once stays so.
class Assigner {
public:
    // candidates: rows x width; `taken` is what each row gets, the column of its candidate or -1.
    Assigner(int64_t rows, int64_t width, const int32_t* facility, const double* cost, int64_t facilities,
             const int32_t* capacity, const double* reject, int32_t* taken)
        : rows(static_cast<int32_t>(rows)), reject(reject), taken(taken), places(facilities), first(rows + 1, 0),
          at(rows, -1), after(rows, -1), before(rows, -1), onward(facilities), slot(facilities, -1) {
        for (int64_t f = 0; f < facilities; ++f) places[f].room = std::max(capacity[f], 0);
        // What costs more than a rejection is never taken. The others in the order of their cost: a look at them can
        // end with the first that is too dear.
        for (int64_t row = 0; row < rows; ++row) {
            const size_t begin = offers.size();
            for (int64_t k = row * width; k < (row + 1) * width; ++k) {
                if (facility[k] < 0 || places[facility[k]].room == 0 || !(cost[k] <= reject[row])) continue;
                offers.push_back({cost[k], facility[k], static_cast<int32_t>(k - row * width)});
            }
            std::sort(offers.begin() + begin, offers.end());
            first[row + 1] = offers.size();
        }
    }

    void run() {
        for (int32_t row = 0; row < rows; ++row) place(row);
        for (int32_t row = 0; row < rows; ++row) taken[row] = at[row] < 0 ? -1 : offers[at[row]].column;
    }

private:
    struct Offer {
        double cost;
        int32_t facility, column;

        bool operator<(const Offer& other) const {
            return cost < other.cost || (cost == other.cost && facility < other.facility);
        }
    };

    struct Facility {
        double price = 0.0;     // of a place; above 0 only where it is full
        double distance = 0.0;  // in the search `reached`; minus infinite: settled
        uint32_t reached = 0;
        int32_t room = 0;       // places left
        int32_t last = -1;      // row that came last
        int32_t from = -1;      // row that reached it
        int64_t offer = -1;     // by which
        bool stale = true;      // who has a place has changed since its ways on were worked out
    };

    // A way on from a full facility: one of its rows moves to another one, for so much more.
    struct Way {
        double more;
        int32_t facility, row;
        int64_t offer;

        bool operator<(const Way& other) const {
            return more < other.more || (more == other.more && facility < other.facility);
        }
    };

    // All of a facility's, the cheapest to each other one, in order; and who is turned away for the least more.
    struct Ways {
        std::vector<Way> ways;
        double more;
        int32_t row;
    };

    const int32_t rows;
    const double* const reject;
    int32_t* const taken;
    std::vector<Facility> places;
    std::vector<Offer> offers;
    std::vector<int64_t> first;          // by row: where its offers begin
    std::vector<int64_t> at;             // by row: the offer that it has, -1: none
    std::vector<int32_t> after, before;  // by row: of the same facility
    std::vector<Ways> onward;            // by facility
    std::vector<int32_t> slot;           // by facility: where it stands among the ways that are worked out, -1
    uint32_t epoch = 0;
    std::vector<Queue::Entry> settled;
    Queue queue;
    double best = 0.0;  // of a search: how far the nearest end is that is known
    int32_t end = -1;   // that facility, -1: a rejection

    void enter(int32_t row, int64_t offer) {
        Facility& place = places[offers[offer].facility];
        at[row] = offer;
        before[row] = -1;
        after[row] = place.last;
        if (place.last >= 0) before[place.last] = row;
        place.last = row;
        place.stale = true;
        --place.room;
    }

    void leave(int32_t row) {
        Facility& place = places[offers[at[row]].facility];
        (before[row] >= 0 ? after[before[row]] : place.last) = after[row];
        if (after[row] >= 0) before[after[row]] = before[row];
        place.stale = true;
        ++place.room;
        at[row] = -1;
    }

    void reach(int32_t number, double there, int32_t row, int64_t offer) {
        Facility& place = places[number];
        if (there > best || (place.reached == epoch && place.distance <= there)) return;
        place.reached = epoch;
        place.distance = there;
        place.from = row;
        place.offer = offer;
        if (place.room == 0) {
            queue.push(there, number);
        } else if (there < best || end < 0 || number < end) {
            best = there;  // as near as a rejection is near enough
            end = number;
        }
    }

    // What leads on from a full facility. It changes with those who have a place there alone, as prices are left out.
    const Ways& ways_on(int32_t number) {
        Ways& here = onward[number];
        if (!places[number].stale) return here;
        places[number].stale = false;
        here.ways.clear();
        here.more = INFINITY;
        for (int32_t row = places[number].last; row >= 0; row = after[row]) {
            const double pays = offers[at[row]].cost;
            const double out = reject[row] - pays;
            if (out < here.more || (out == here.more && row < here.row)) {
                here.more = out;
                here.row = row;
            }
            for (int64_t k = first[row]; k < first[row + 1]; ++k) {
                if (offers[k].facility == number) continue;
                const Way way{offers[k].cost - pays, offers[k].facility, row, k};
                int32_t& known = slot[way.facility];
                if (known < 0) {
                    known = static_cast<int32_t>(here.ways.size());
                    here.ways.push_back(way);
                } else if (Way& other = here.ways[known];
                           way.more < other.more || (way.more == other.more && row < other.row)) {
                    other = way;
                }
            }
        }
        for (const Way& way : here.ways) slot[way.facility] = -1;
        std::sort(here.ways.begin(), here.ways.end());
        return here;
    }

    // The shortest way from a row to a facility with room, or to a row that is rejected instead; all on it move on.
    void place(int32_t row) {
        ++epoch;
        queue.clear();
        settled.clear();
        best = reject[row];
        end = -1;
        int32_t out = row;
        for (int64_t k = first[row]; k < first[row + 1] && offers[k].cost <= best; ++k) {
            reach(offers[k].facility, offers[k].cost + places[offers[k].facility].price, row, k);
        }
        while (!queue.empty()) {
            const auto [there, number] = queue.pop();
            if (there >= best) break;
            Facility& place = places[number];
            if (there > place.distance) continue;  // reached better since
            place.distance = -INFINITY;
            settled.push_back({there, number});
            const Ways& here = ways_on(number);
            const double base = there - place.price;
            if (base + here.more < best) {
                best = base + here.more;
                out = here.row;
                end = -1;
            }
            for (const Way& way : here.ways) {
                if (base + way.more > best) break;
                reach(way.facility, base + way.more + places[way.facility].price, way.row, way.offer);
            }
        }
        for (const auto& [there, number] : settled) {
            if (there < best) places[number].price += best - there;
        }
        if (end < 0) {
            if (out == row) return;
            end = offers[at[out]].facility;
            leave(out);
        }
        while (true) {  // back along the way, each takes the place that it has reached
            const int32_t mover = places[end].from;
            const int64_t offer = places[end].offer;
            if (mover == row) {
                enter(mover, offer);
                return;
            }
            const int32_t old = offers[at[mover]].facility;
            leave(mover);
            enter(mover, offer);
            end = old;
        }
    }
};

}  // namespace wayside
