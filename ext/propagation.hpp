// Path loss in dB over distance, one function per model. d in m, f in GHz, heights in m. Sources beside each.
#pragma once

#include <algorithm>
#include <cmath>

namespace wayside {

constexpr double LIGHT = 0.299792458;  // m/ns: with f in GHz, f / LIGHT is per metre

// No closer than antennas on two vehicles come; WINNER+ B1 begins there too.
inline double apart(double d) { return std::max(d, 3.0); }

inline double free_space(double d, double f) {
    return 20.0 * std::log10(4.0 * M_PI * apart(d) * f / LIGHT);
}

// Two rays, the one reflected by the ground with a relative permittivity of 1.02 at grazing angles and vertical
// polarisation (Sommer, Joerer, Dressler 2012, eq. 5 to 7).
inline double two_ray(double d, double f, double h1, double h2) {
    constexpr double PERMITTIVITY = 1.02;
    d = apart(d);
    const double direct = std::hypot(d, h1 - h2);
    const double reflected = std::hypot(d, h1 + h2);
    const double sine = (h1 + h2) / reflected;
    const double cosine = d / reflected;
    const double root = std::sqrt(PERMITTIVITY - cosine * cosine);
    const double gamma = (sine - root) / (sine + root);
    const double phase = 2.0 * M_PI * (direct - reflected) * f / LIGHT;
    const double re = 1.0 + gamma * std::cos(phase);
    const double im = gamma * std::sin(phase);
    return free_space(d, f) - 10.0 * std::log10(std::max(re * re + im * im, 1e-12));
}

// WINNER+ B1 line of sight (D5.3, table 4-1) with h1, h2 the EFFECTIVE antenna heights, never below its free space.
// c is 3e8 m/s there.
inline double winner_b1(double d, double f, double h1, double h2) {
    d = apart(d);
    const double breakpoint = 4.0 * h1 * h2 * f / 0.3;
    const double loss = d < breakpoint ? 22.7 * std::log10(d) + 27.0 + 20.0 * std::log10(f)
                                       : 40.0 * std::log10(d) + 7.56 - 17.3 * std::log10(h1 * h2) + 2.7 * std::log10(f);
    return std::max(loss, 20.0 * std::log10(d) + 46.4 + 20.0 * std::log10(f / 5.0));
}

// 3GPP TR 37.885, table 6.2.1-1.
inline double highway_los(double d, double f) { return 32.4 + 20.0 * std::log10(apart(d)) + 20.0 * std::log10(f); }
inline double urban_los(double d, double f) { return 38.77 + 16.7 * std::log10(apart(d)) + 18.2 * std::log10(f); }
inline double nlos(double d, double f) { return 36.85 + 30.0 * std::log10(apart(d)) + 18.9 * std::log10(f); }

// Probability of a line of sight between two vehicles with no building between them: TR 37.885, table 6.2-1. 
inline double los_highway(double d) {
    return d <= 475.0 ? std::min(1.0, 2.1013e-6 * d * d - 0.002 * d + 1.0193)
                      : std::max(0.0, 0.54 - 0.001 * (d - 475.0));
}
inline double los_urban(double d) { return std::min(1.0, 1.05 * std::exp(-0.0114 * d)); }

// What a vehicle in between adds (NLOSv), TR 37.885 clause 6.2.1: mean and standard deviation in dB.
struct Blockage {
    double mean, deviation;
};
inline Blockage blockage(double d, double h1, double h2, double blocker) {
    const double far = std::max(0.0, 15.0 * std::log10(apart(d)) - 41.0);
    if (blocker > std::max(h1, h2)) return {9.0 + far, 4.5};
    if (blocker < std::min(h1, h2)) return {0.0, 0.0};
    return {5.0 + far, 4.0};
}

// Round a corner, WINNER+ B1 Manhattan: d1 along the sender's street to the crossing, d2 from there along the
// receiver's; the lesser of both orders.
inline double corner(double d1, double d2, double f) {
    const double n = std::max(2.8 - 0.0024 * d1, 1.84);
    return urban_los(d1, f) + 17.3 - 12.5 * n + 10.0 * n * std::log10(apart(d2)) + 3.0 * std::log10(f);
}
inline double manhattan(double d1, double d2, double f) { return std::min(corner(d1, d2, f), corner(d2, d1, f)); }

}  // namespace wayside
