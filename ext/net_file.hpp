// What a SUMO net file says of edges, lanes, junctions, connections and traffic lights, as columns.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "expat.hpp"

namespace wayside {

// Names by number, in the order of their first mention.
struct Names {
    std::vector<std::string> names;
    std::unordered_map<std::string, int32_t> number;

    int32_t find(const std::string& name) const {
        const auto at = number.find(name);
        return at == number.end() ? -1 : at->second;
    }

    int32_t add(const std::string& name) {
        const auto [at, is_new] = number.try_emplace(name, static_cast<int32_t>(names.size()));
        if (is_new) names.push_back(name);
        return at->second;
    }
};

class NetFile {
public:
    std::string boundary;  // as written: xmin,ymin,xmax,ymax
    bool located = false;

    Names edges;
    std::vector<int32_t> edge_from, edge_to;  // junctions
    std::vector<uint8_t> edge_internal;
    std::vector<int32_t> edge_first_lane;
    std::vector<std::string> edge_name;

    std::vector<int32_t> lane_edge;
    std::vector<double> lane_speed, lane_length, lane_width;
    std::vector<int32_t> lane_access;
    std::vector<int64_t> lane_end;  // of its points
    std::vector<double> points;     // x, y, z
    // Who may use a lane: each different pair of `allow` and `disallow`; what is not written has no value.
    std::vector<std::pair<std::string, std::string>> accesses;
    std::vector<std::pair<bool, bool>> access_written;

    Names junctions;
    std::vector<double> junction_xy;  // NaN for one that is only mentioned
    std::vector<uint8_t> junction_internal;

    std::vector<int32_t> from, to, from_lane, to_lane, via;  // of connections: edges, lanes
    std::vector<int32_t> light, link;                        // -1 for none
    std::vector<int32_t> direction;                          // of `directions`
    std::vector<uint8_t> state;                              // SUMO's letter for the right of way, 0 where none is
    Names directions;

    Names lights;
    // Each program and, after it, its phases: names and values of their attributes, and where those end.
    std::vector<std::string> program_words;
    std::vector<int32_t> program_end;
    std::vector<uint8_t> program_is_phase;

    NetFile() : expat(Expat::of_python()), parser(expat.create(nullptr, nullptr, nullptr)) {
        if (!parser) throw std::bad_alloc();
        expat.user_data(parser, this);
        expat.elements(parser, &NetFile::start, &NetFile::end);
        expat.unknown_encoding(parser, &NetFile::encoding, this);
    }

    ~NetFile() { expat.release(parser); }

    NetFile(const NetFile&) = delete;
    NetFile& operator=(const NetFile&) = delete;

    // Read one more piece. Raises invalid_argument with what is wrong, and at which line where it is no XML.
    void feed(const char* text, size_t length, bool last) {
        const int status = expat.parse(parser, text, static_cast<int>(length), last);
        if (!error.empty()) throw std::invalid_argument(error);
        if (status == 0) {
            throw std::invalid_argument(std::string(expat.error_string(expat.error_code(parser))) + ": line " +
                                        std::to_string(expat.line(parser)) + ", column " +
                                        std::to_string(expat.column(parser)));
        }
    }

    // The nearest normal edge that each edge leads to; itself if it is one, or leads to none. Crossings and walking
    // areas lead to each other in rings, so none is looked at twice.
    std::vector<int32_t> after() const {
        const size_t n = edges.names.size();
        std::vector<int32_t> first(n + 1, 0), follower(from.size()), seen(n, -1), found(n), ahead;
        for (const int32_t edge : from) ++first[edge + 1];
        for (size_t e = 0; e < n; ++e) first[e + 1] += first[e];
        std::vector<int32_t> place(first.begin(), first.end() - 1);
        for (size_t k = 0; k < from.size(); ++k) follower[place[from[k]]++] = to[k];
        for (size_t e = 0; e < n; ++e) {
            const auto edge = static_cast<int32_t>(e);
            found[e] = edge;
            ahead.assign(1, edge);
            seen[e] = edge;
            for (size_t k = 0; k < ahead.size(); ++k) {
                const int32_t here = ahead[k];
                if (!edge_internal[here]) {
                    found[e] = here;
                    break;
                }
                for (int32_t f = first[here]; f < first[here + 1]; ++f) {
                    if (seen[follower[f]] != edge) {
                        seen[follower[f]] = edge;
                        ahead.push_back(follower[f]);
                    }
                }
            }
        }
        return found;
    }

private:
    // The attributes of one element.
    struct Said {
        const char* tag;
        const char** attributes;

        const char* find(const char* name) const {
            for (const char** at = attributes; *at; at += 2) {
                if (!std::strcmp(at[0], name)) return at[1];
            }
            return nullptr;
        }

        // For people: the element and its id.
        std::string name() const {
            std::string told = tag;
            for (const char* key : {"id", "from", "to"}) {
                if (const char* value = find(key)) told += std::string(" ") + key + "=\"" + value + '"';
            }
            return told;
        }

        const char* get(const char* name) const {
            const char* value = find(name);
            if (!value) throw std::invalid_argument(this->name() + ": " + name + " is missing");
            return value;
        }

        std::invalid_argument wrong(const char* name, const char* must) const {
            return std::invalid_argument(this->name() + ": " + name + " = \"" + get(name) + "\": must be " + must);
        }

        double number(const char* name) const {
            double value = 0.0;
            const char* text = get(name);
            const char* end = text + std::strlen(text);
            if (!read(text, end, value) || text != end) throw wrong(name, "a number");
            return value;
        }

        int32_t whole(const char* name) const {
            int32_t value = -1;
            const char* text = get(name);
            const char* end = text + std::strlen(text);
            const auto [rest, trouble] = std::from_chars(text, end, value);
            if (trouble != std::errc() || rest != end) throw wrong(name, "a whole number");
            return value;
        }
    };

    const Expat& expat;
    Expat::Parser parser;
    std::string error;  // the first
    int32_t edge = -1;  // whose lanes come; -1 outside of those that are told
    bool in_program = false;
    std::unordered_map<std::string, int32_t> access_number;
    std::unordered_set<std::string> connectors;

    // Encodings that expat does not know, Python may.
    static int encoding(void* self, const char* name, void* found) {
        const PyGILState_STATE held = PyGILState_Ensure();
        const int known = static_cast<NetFile*>(self)->expat.known_to_python(nullptr, name, found);
        PyErr_Clear();
        PyGILState_Release(held);
        return known;
    }

    static void start(void* self, const char* tag, const char** attributes) {
        auto& net = *static_cast<NetFile*>(self);
        if (!net.error.empty()) return;
        try {
            net.element(Said{tag, attributes});
        } catch (const std::exception& trouble) {
            net.error = trouble.what();
        }
    }

    static void end(void* self, const char* tag) {
        auto& net = *static_cast<NetFile*>(self);
        if (!std::strcmp(tag, "edge")) net.edge = -1;
        if (!std::strcmp(tag, "tlLogic")) net.in_program = false;
    }

    void element(const Said& said) {
        const std::string_view tag = said.tag;
        if (tag == "connection") connection(said);
        else if (tag == "lane") lane(said);
        else if (tag == "edge") begin_edge(said);
        else if (tag == "junction") junction(said);
        else if (tag == "phase" && in_program) keep(said, true);
        else if (tag == "tlLogic") {
            lights.add(said.get("id"));
            keep(said, false);
            in_program = true;
        }
        else if (tag == "location") {
            boundary = said.get("convBoundary");
            located = true;
        }
    }

    void keep(const Said& said, bool is_phase) {
        for (const char** at = said.attributes; *at; ++at) program_words.emplace_back(*at);
        program_end.push_back(static_cast<int32_t>(program_words.size()));
        program_is_phase.push_back(is_phase);
    }

    int32_t mention(const std::string& id) {
        const int32_t number = junctions.add(id);
        if (static_cast<size_t>(number) == junction_internal.size()) {
            junction_internal.push_back(0);
            junction_xy.insert(junction_xy.end(), {NAN, NAN});
        }
        return number;
    }

    void begin_edge(const Said& said) {
        const char* written = said.find("function");
        const std::string_view function = written ? written : "";
        const bool inside = function == "internal" || function == "crossing" || function == "walkingarea";
        const std::string id = said.get("id");
        if (!function.empty() && !inside) {  // a connector: no road
            connectors.insert(id);
            return;
        }
        if (edges.find(id) >= 0) throw std::invalid_argument(said.name() + ": there is another with this id");
        edge = edges.add(id);
        edge_internal.push_back(!id.empty() && id[0] == ':');
        edge_first_lane.push_back(static_cast<int32_t>(lane_edge.size()));
        const char* name = said.find("name");
        edge_name.emplace_back(name ? name : "");
        if (inside) {  // ":junction_number"
            const size_t last = id.rfind('_');
            const int32_t at = mention(id.substr(1, last == std::string::npos ? last : last - 1));
            edge_from.push_back(at);
            edge_to.push_back(at);
        } else {
            edge_from.push_back(mention(said.get("from")));
            edge_to.push_back(mention(said.get("to")));
        }
    }

    void lane(const Said& said) {
        if (edge < 0) return;
        lane_edge.push_back(edge);
        lane_speed.push_back(said.number("speed"));
        lane_length.push_back(said.number("length"));
        lane_width.push_back(said.find("width") ? said.number("width") : 3.2);
        lane_access.push_back(access(said.find("allow"), said.find("disallow")));
        if (const char* shape = said.find("shape")) {
            if (!read_points(shape)) throw said.wrong("shape", "points of 2 or 3 numbers");
        }
        lane_end.push_back(static_cast<int64_t>(points.size() / 3));
    }

    int32_t access(const char* allow, const char* disallow) {
        std::string key = allow ? std::string("+") + allow : std::string();
        if (disallow) key += std::string("\n") + disallow;
        const auto [at, is_new] = access_number.try_emplace(key, static_cast<int32_t>(accesses.size()));
        if (is_new) {
            accesses.emplace_back(allow ? allow : "", disallow ? disallow : "");
            access_written.emplace_back(allow != nullptr, disallow != nullptr);
        }
        return at->second;
    }

    void junction(const Said& said) {
        const std::string id = said.get("id");
        if (!id.empty() && id[0] == ':') return;
        const int32_t number = mention(id);
        if (!std::isnan(junction_xy[2 * number])) return;
        junction_xy[2 * number] = said.number("x");
        junction_xy[2 * number + 1] = said.number("y");
        junction_internal[number] = !std::strcmp(said.get("type"), "internal");
    }

    void connection(const Said& said) {
        const std::string one = said.get("from"), other = said.get("to");
        const int32_t first = edges.find(one), second = edges.find(other);
        if (first < 0 || second < 0) {
            if (connectors.count(one) || connectors.count(other)) return;
            throw said.wrong(first < 0 ? "from" : "to", "an edge of the net");
        }
        from.push_back(first);
        to.push_back(second);
        from_lane.push_back(lane_of(said, first, "fromLane"));
        to_lane.push_back(lane_of(said, second, "toLane"));
        via.push_back(via_lane(said.find("via")));
        const char* dir = said.find("dir");
        direction.push_back(directions.add(dir ? dir : ""));
        const char* right = said.find("state");
        state.push_back(right ? static_cast<uint8_t>(*right) : 0);
        const char* tl = said.find("tl");
        if (tl && *tl) {
            light.push_back(lights.add(tl));
            link.push_back(said.whole("linkIndex"));
        } else {
            light.push_back(-1);
            link.push_back(-1);
        }
    }

    int32_t lanes_end(int32_t of) const {
        const size_t next = static_cast<size_t>(of) + 1;
        return next < edge_first_lane.size() ? edge_first_lane[next] : static_cast<int32_t>(lane_edge.size());
    }

    int32_t lane_of(const Said& said, int32_t of, const char* name) const {
        const int32_t rank = said.whole(name), lane = edge_first_lane[of] + rank;
        if (rank < 0 || lane >= lanes_end(of)) throw said.wrong(name, "a lane of the edge");
        return lane;
    }

    // The lane by its id, "edge_rank"; -1 for none.
    int32_t via_lane(const char* id) const {
        const char* last = id ? std::strrchr(id, '_') : nullptr;
        if (!last) return -1;
        const int32_t of = edges.find(std::string(id, last));
        int32_t rank = -1;
        const auto [rest, trouble] = std::from_chars(last + 1, last + std::strlen(last), rank);
        if (of < 0 || trouble != std::errc() || *rest || rank < 0) return -1;
        const int32_t lane = edge_first_lane[of] + rank;
        return lane < lanes_end(of) ? lane : -1;
    }

    static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

    static bool read(const char*& text, const char* end, double& value) {
        if (text != end && *text == '+') ++text;
        const auto [rest, trouble] = std::from_chars(text, end, value);
        text = rest;
        return trouble == std::errc();
    }

    // Points apart by spaces, coordinates by commas; a height that is not told is 0.
    bool read_points(const char* text) {
        const char* const end = text + std::strlen(text);
        while (true) {
            while (text != end && is_space(*text)) ++text;
            if (text == end) return true;
            double point[3] = {0.0, 0.0, 0.0};
            int count = 0;
            while (true) {
                if (count == 3 || !read(text, end, point[count++])) return false;
                if (text == end || *text != ',') break;
                ++text;
            }
            if (count < 2 || (text != end && !is_space(*text))) return false;
            points.insert(points.end(), point, point + 3);
        }
    }
};

}  // namespace wayside
