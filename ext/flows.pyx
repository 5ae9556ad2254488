# distutils: language = c++
"""What charging stations give to batteries: booked from what SUMO says of a few vehicles, in one loop each."""

from libc.math cimport fabs
from libcpp.vector cimport vector


cdef class FlowBook:
    """Books by the rules of `sim.sumo.batteries.Flows`, in columns of one entry per slot."""

    cdef const double[::1] capacity_wh, charge, consumed, regenerated, gift
    cdef const unsigned char[::1] alive, stations
    cdef const int[::1] edge, at
    cdef double[::1] charged, had, used
    cdef int[::1] charger, near_, there_
    cdef signed char[::1] here
    cdef double tolerance
    cdef vector[int] before  # who was at a station in the last step

    def __init__(self, double tolerance):
        self.tolerance = tolerance  # Wh, of sums of three rounded figures

    def bind(
        self,
        const double[::1] capacity_wh not None,
        const unsigned char[::1] alive not None,
        const int[::1] edge not None,
        const double[::1] charge not None,
        int[::1] charger not None,
        double[::1] charged not None,
        const unsigned char[::1] stations not None,
        const int[::1] at not None,
        const double[::1] consumed not None,
        const double[::1] regenerated not None,
        const double[::1] gift not None,
        signed char[::1] here not None,
        double[::1] had not None,
        double[::1] used not None,
        int[::1] near not None,
        int[::1] there not None,
    ):
        """Use these columns from now on: of the vehicle table up to `charged`; then whether there are stations on an
        edge, by edge; then what is asked of SUMO and what was so in the last step. `near` and `there` are answers.

        ValueError for columns of different lengths.
        """
        cdef Py_ssize_t n = capacity_wh.shape[0]
        if not (
            alive.shape[0] == edge.shape[0] == charge.shape[0] == charger.shape[0] == charged.shape[0] == n
            and at.shape[0] == consumed.shape[0] == regenerated.shape[0] == gift.shape[0] == n
            and here.shape[0] == had.shape[0] == used.shape[0] == near.shape[0] == there.shape[0] == n
        ):
            raise ValueError("columns of different lengths")
        self.capacity_wh, self.alive, self.edge, self.charge = capacity_wh, alive, edge, charge
        self.charger, self.charged, self.stations = charger, charged, stations
        self.at, self.consumed, self.regenerated, self.gift = at, consumed, regenerated, gift
        self.here, self.had, self.used, self.near_, self.there_ = here, had, used, near, there

    def near(self, int n):
        """How many of the first n vehicles have a battery and are on an edge with stations: slots, ascending, in the
        column `near`."""
        cdef int slot, count = 0
        for slot in range(n):
            if self.capacity_wh[slot] > 0.0 and self.alive[slot] and self.stations[self.edge[slot]]:
                self.near_[count] = slot
                count += 1
        return count

    def enter(self, const int[::1] slots not None):
        """Book a step of these vehicles, each once; the others are at no station. How many are at one: their slots,
        ascending, in the column `there`."""
        cdef Py_ssize_t k, place
        cdef int slot, count = 0
        cdef double balance, gift, charge, used
        for slot in self.before:
            self.charger[slot] = -1
            self.charged[slot] = 0.0
        for k in range(slots.shape[0]):
            slot = slots[k]
            if self.at[slot] < 0:
                continue
            charge, gift = self.charge[slot], self.gift[slot]
            used = self.consumed[slot] - self.regenerated[slot]
            balance = charge - self.had[slot] + used - self.used[slot]
            self.charger[slot] = self.at[slot]
            self.charged[slot] = gift
            if self.here[slot] and (fabs(balance) <= self.tolerance or fabs(balance - gift) <= self.tolerance):
                self.charged[slot] = balance
            self.had[slot], self.used[slot] = charge, used
            place = count
            while place > 0 and self.there_[place - 1] > slot:  # who has arrived comes last, and is seldom
                self.there_[place] = self.there_[place - 1]
                place -= 1
            self.there_[place] = slot
            count += 1
        for slot in self.before:
            self.here[slot] = 0
        self.before.clear()
        for place in range(count):
            self.here[self.there_[place]] = 1
            self.before.push_back(self.there_[place])
        return count


def book(
    const int[::1] there not None,
    const int[::1] charger not None,
    const double[::1] charged not None,
    const double[::1] efficiency not None,
    const double[::1] price_per_kwh not None,
    const signed char[::1] state not None,
    int plugged,
    const int[::1] own not None,
    double[::1] given_wh not None,
    double[::1] energy_wh not None,
    double[::1] cost not None,
):
    """Enter what has flown in a step to the vehicles `there` at chargers, slots.

    charged [Wh] goes to given_wh[charger]; of those whose state is `plugged` to energy_wh too, and what it costs to
    `cost`. efficiency and price are by charger, like given_wh; all others by slot. Returns whether anybody is not
    plugged in, or is at another charger than its `own`.
    """
    cdef Py_ssize_t k
    cdef int slot, group
    cdef bint odd = False
    for k in range(there.shape[0]):
        slot = there[k]
        group = charger[slot]
        given_wh[group] += charged[slot]
        if state[slot] != plugged:
            odd = True
            continue
        energy_wh[slot] += charged[slot]
        cost[slot] += charged[slot] / efficiency[group] / 1000.0 * price_per_kwh[group]
        odd = odd or own[slot] != group
    return odd
