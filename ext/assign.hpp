// Who belongs to whom: pairs within a gate, so that the sum of costs is least where whoever is left alone costs the gate.
#pragma once

#include <algorithm>
#include <vector>

namespace wayside {

struct Candidate {
    int a, b;
    double cost;  // below the gate
};

class Assignment {
public:
    // to[a]: the b that a belongs to, or -1. What has nothing to do with one another is decided apart: mostly a pair.
    void solve(int n, int m, const std::vector<Candidate>& candidates, double gate, int* to) {
        std::fill_n(to, n, -1);
        head.resize(n + m);
        for (int k = 0; k < n + m; ++k) head[k] = k;
        for (const Candidate& c : candidates) {
            const int a = root(c.a), b = root(n + c.b);
            if (a != b) head[std::max(a, b)] = std::min(a, b);
        }
        order.clear();
        for (int k = 0; k < static_cast<int>(candidates.size()); ++k) order.push_back({root(candidates[k].a), k});
        std::sort(order.begin(), order.end());
        row_of.assign(n, -1);
        column_of.assign(m, -1);
        for (size_t begin = 0; begin < order.size();) {
            size_t end = begin;
            while (end < order.size() && order[end].first == order[begin].first) ++end;
            if (end == begin + 1) {
                const Candidate& only = candidates[order[begin].second];
                to[only.a] = only.b;
            } else {
                together(candidates, begin, end, gate, to);
            }
            begin = end;
        }
    }

private:
    std::vector<int> head, row_of, column_of, rows, columns, match, way;
    std::vector<std::pair<int, int>> order;
    std::vector<double> cost, u, v, least;
    std::vector<char> used;

    int root(int k) {
        while (head[k] != k) k = head[k] = head[head[k]];
        return k;
    }

    // The Hungarian method with shortest augmenting paths (Kuhn 1955; Jonker and Volgenant 1987), over those who have to
    // do with one another; each row has a column of its own besides, at the cost of the gate.
    void together(const std::vector<Candidate>& candidates, size_t begin, size_t end, double gate, int* to) {
        rows.clear();
        columns.clear();
        for (size_t k = begin; k < end; ++k) {
            const Candidate& c = candidates[order[k].second];
            if (row_of[c.a] < 0) { row_of[c.a] = static_cast<int>(rows.size()); rows.push_back(c.a); }
            if (column_of[c.b] < 0) { column_of[c.b] = static_cast<int>(columns.size()); columns.push_back(c.b); }
        }
        const int n = static_cast<int>(rows.size()), m = static_cast<int>(columns.size()) + n;
        const double never = 1e9 + 1e3 * gate;
        cost.assign(static_cast<size_t>(n) * m, never);
        for (size_t k = begin; k < end; ++k) {
            const Candidate& c = candidates[order[k].second];
            cost[static_cast<size_t>(row_of[c.a]) * m + column_of[c.b]] = c.cost;
        }
        for (int i = 0; i < n; ++i) cost[static_cast<size_t>(i) * m + (m - n) + i] = gate;
        u.assign(n + 1, 0.0);
        v.assign(m + 1, 0.0);
        match.assign(m + 1, 0);
        way.assign(m + 1, 0);
        for (int i = 1; i <= n; ++i) {
            match[0] = i;
            int at = 0;
            least.assign(m + 1, 1e300);
            used.assign(m + 1, 0);
            do {
                used[at] = 1;
                const int row = match[at];
                double delta = 1e300;
                int next = 0;
                for (int j = 1; j <= m; ++j) {
                    if (used[j]) continue;
                    const double now = cost[static_cast<size_t>(row - 1) * m + j - 1] - u[row] - v[j];
                    if (now < least[j]) { least[j] = now; way[j] = at; }
                    if (least[j] < delta) { delta = least[j]; next = j; }
                }
                for (int j = 0; j <= m; ++j) {
                    if (used[j]) { u[match[j]] += delta; v[j] -= delta; } else { least[j] -= delta; }
                }
                at = next;
            } while (match[at] != 0);
            do {
                const int before = way[at];
                match[at] = match[before];
                at = before;
            } while (at);
        }
        for (int j = 1; j <= m - n; ++j) {
            if (match[j]) to[rows[match[j] - 1]] = columns[j - 1];
        }
    }
};

}  // namespace wayside
