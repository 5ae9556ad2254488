# distutils: language = c++
"""SUMO in this process without a Python call per vehicle: its step and one loop that reads every vehicle.

It reads the simulation that `import libsumo` drives, through addresses that are valid from a vehicle's departure to
its arrival. The caller reports both, in that order, after each step.
"""

from libcpp cimport bool as cbool
from libcpp.string cimport string


cdef extern from "native_sumo.hpp" namespace "wayside" nogil:
    cdef cppclass Columns:
        double *x
        double *y
        double *speed
        double *acceleration
        double *heading
        double *lane_position
        double *charge
        double *distance
        int *lane
        int *edge
        int *stop_state
        unsigned char *on_net

    cdef cppclass Bridge:
        Bridge(const string& library) except +
        void step() except +
        void begin_step() except +
        void finish_step() except +
        void add_lane(const string& id, int index, int edge) except +
        void add_light(const string& id, int offset) except +
        void add_vehicle(int slot, const string& id, cbool electric) except +
        void remove_vehicle(int slot)
        void wake(int slot)
        void read(const Columns& to, double charge_scale, double step_length) except +
        void read_signals(int* signals, const int* lane) except +
        void read_lights(char* state, double* next_switch) except +


cdef class NativeSumo:
    """The running libsumo simulation, read in C++.

    Raises RuntimeError with the missing name where the libsumo at `library` does not export what is needed, and
    with SUMO's own words where SUMO raises.
    """

    cdef Bridge* bridge
    cdef Columns columns
    cdef list owners  # the bound arrays, kept alive
    cdef int capacity

    def __cinit__(self, str library):
        self.bridge = new Bridge(library.encode())
        self.capacity = 0

    def __dealloc__(self):
        del self.bridge

    def bind(
        self,
        double[::1] x not None,
        double[::1] y not None,
        double[::1] speed not None,
        double[::1] acceleration not None,
        double[::1] heading not None,
        double[::1] lane_position not None,
        double[::1] charge not None,
        double[::1] distance not None,
        int[::1] lane not None,
        int[::1] edge not None,
        int[::1] stop_state not None,
        unsigned char[::1] on_net not None,
    ):
        """Write to these columns of one vehicle table from now on; one entry per slot each."""
        self.owners = [
            x, y, speed, acceleration, heading, lane_position, charge, distance, lane, edge, stop_state, on_net
        ]
        self.capacity = x.shape[0]
        if any(len(column) != self.capacity for column in self.owners):
            raise ValueError("the columns of a vehicle table have one length")
        self.columns.x = &x[0]
        self.columns.y = &y[0]
        self.columns.speed = &speed[0]
        self.columns.acceleration = &acceleration[0]
        self.columns.heading = &heading[0]
        self.columns.lane_position = &lane_position[0]
        self.columns.charge = &charge[0]
        self.columns.distance = &distance[0]
        self.columns.lane = &lane[0]
        self.columns.edge = &edge[0]
        self.columns.stop_state = &stop_state[0]
        self.columns.on_net = &on_net[0]

    def add_lane(self, str id, int index, int edge):
        """Give a lane's number and its edge's, to be written where a vehicle is on it."""
        self.bridge.add_lane(id.encode(), index, edge)

    def add_light(self, str id, int offset):
        """Read this traffic light too: its state from `offset` on, its next switch at its rank of adding."""
        self.bridge.add_light(id.encode(), offset)

    def add_vehicle(self, int slot, str id, bint electric):
        """A vehicle departed: read it into `slot` until it is removed."""
        if not 0 <= slot < self.capacity:
            raise IndexError(f"slot {slot} of a table of {self.capacity}")
        self.bridge.add_vehicle(slot, id.encode(), electric)

    def remove_vehicle(self, int slot):
        """A vehicle arrived: its address is no longer valid."""
        self.bridge.remove_vehicle(slot)

    def wake(self, int slot):
        """A vehicle left its parking place; until then a parked one is not read again, but for its charge."""
        self.bridge.wake(slot)

    def step(self):
        """One SUMO step, without the GIL."""
        with nogil:
            self.bridge.step()

    def begin_step(self):
        """Start one SUMO step in a thread of its own, and return. Nothing else may be called until it is finished."""
        self.bridge.begin_step()

    def finish_step(self):
        """Wait for that step, without the GIL."""
        with nogil:
            self.bridge.finish_step()

    def read(self, double charge_scale, double step_length):
        """Fill the bound columns, without the GIL.

        Charges are rounded to 1/charge_scale Wh, as SUMO prints them; distance grows by speed x step_length [s].
        """
        with nogil:
            self.bridge.read(self.columns, charge_scale, step_length)

    def read_signals(self, int[::1] signals not None, const int[::1] lane not None):
        """Fill SUMO's signal bits by slot; 0 off the road (lane -1). Without the GIL."""
        if not signals.shape[0] == lane.shape[0] == self.capacity:
            raise ValueError("the columns of a vehicle table have one length")
        with nogil:
            self.bridge.read_signals(&signals[0], &lane[0])

    def read_lights(self, char[::1] state not None, double[::1] next_switch not None):
        """All lights' states (one character per link) and the time of their next switch [s]. Without the GIL."""
        if next_switch.shape[0] == 0:
            return
        with nogil:
            self.bridge.read_lights(&state[0], &next_switch[0])
