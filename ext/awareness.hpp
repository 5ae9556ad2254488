// What is remembered of each station for the rules by which CAMs are generated (awareness.pyx).
#pragma once

namespace wayside {

// What a station said in its last CAM and in which tick (-1: nothing yet), in which tick the low frequency container
// last, and the two variables of the rules. Together, unlike other columns: most stations are looked at in every tick,
// and this is one cache line instead of eight.
struct alignas(64) Last {
    double x, y, speed, heading;
    long long sent, low;
    int interval, repeats;
};

// It is wanted soon.
static inline void soon(const Last* last) {
#if defined(__GNUC__)
    __builtin_prefetch(last, 1);
#else
    static_cast<void>(last);
#endif
}

}  // namespace wayside
