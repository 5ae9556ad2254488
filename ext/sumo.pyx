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
        double *z
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

    cdef cppclass PersonColumns:
        double *x
        double *y
        double *z
        double *speed
        double *heading
        int *edge
        unsigned char *afoot

    cdef cppclass Bridge:
        Bridge(const string& library) except +
        void step() except +
        void begin_step() except +
        void finish_step() except +
        void add_lane(const string& id, int index, int edge) except +
        void add_light(const string& id, int offset) except +
        void add_charger(const string& id, int number) except +
        void add_edge(const string& id, int number) except +
        void add_person(int slot, const string& id) except +
        void remove_person(int slot)
        void read_persons(const PersonColumns& to) except +
        void add_vehicle(int slot, const string& id, cbool electric) except +
        void remove_vehicle(int slot)
        void wake(int slot)
        void read(const Columns& to, double scale) except +
        void read_batteries(
            const int* slots, int n, double scale, int* charger, double* consumed, double* regenerated, double* gift
        ) except +
        void read_emissions(double* co2, double* electricity, const int* lane) except +
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
        double[::1] z not None,
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
            x, y, z, speed, acceleration, heading, lane_position, charge, distance, lane, edge, stop_state, on_net
        ]
        self.capacity = x.shape[0]
        if any(len(column) != self.capacity for column in self.owners):
            raise ValueError("the columns of a vehicle table have one length")
        self.columns.x = &x[0]
        self.columns.y = &y[0]
        self.columns.z = &z[0]
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

    def add_lanes(self, tuple ids not None, const int[::1] edge not None):
        """Give all lanes, in the order of their numbers, and the number of each one's edge: to be written where a
        vehicle is on it."""
        if len(ids) != edge.shape[0]:
            raise ValueError(f"{len(ids)} lanes, and edges of {edge.shape[0]}")
        cdef int number
        for number in range(edge.shape[0]):
            self.bridge.add_lane((<str?>ids[number]).encode(), number, edge[number])

    def add_light(self, str id, int offset):
        """Read this traffic light too: its state from `offset` on, its next switch at its rank of adding."""
        self.bridge.add_light(id.encode(), offset)

    def add_charger(self, str id, int number):
        """Give a charging station's number, to be told where a battery is at it."""
        self.bridge.add_charger(id.encode(), number)

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

    def add_edges(self, tuple ids not None):
        """Give all edges, in the order of their numbers: to be written where a person is on one."""
        cdef int number
        for number, id in enumerate(ids):
            self.bridge.add_edge((<str?>id).encode(), number)

    def add_person(self, int slot, str id):
        """A person departed: it is read into `slot` until it is removed."""
        if slot < 0:
            raise IndexError(f"slot {slot}")
        self.bridge.add_person(slot, id.encode())

    def remove_person(self, int slot):
        """A person arrived: its address is no longer valid."""
        self.bridge.remove_person(slot)

    def read_persons(
        self,
        double[::1] x not None,
        double[::1] y not None,
        double[::1] z not None,
        double[::1] speed not None,
        double[::1] heading not None,
        int[::1] edge not None,
        unsigned char[::1] afoot not None,
        int slots,
    ):
        """Fill the rows of all persons, by slot; slots: from 0 on, how many have ever been used. Without the GIL."""
        cdef PersonColumns to
        cdef Py_ssize_t n = x.shape[0]
        if not y.shape[0] == z.shape[0] == speed.shape[0] == heading.shape[0] == edge.shape[0] == afoot.shape[0] == n:
            raise ValueError("the columns of a table of persons have one length")
        if not 0 < slots <= n:
            raise ValueError(f"{slots} slots of a table of {n}")
        to.x, to.y, to.z, to.speed, to.heading = &x[0], &y[0], &z[0], &speed[0], &heading[0]
        to.edge, to.afoot = &edge[0], &afoot[0]
        with nogil:
            self.bridge.read_persons(to)

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

    def read(self, double scale):
        """Fill the bound columns, without the GIL. Charges are rounded to 1/scale Wh, as SUMO prints them."""
        with nogil:
            self.bridge.read(self.columns, scale)

    def read_batteries(
        self,
        const int[::1] slots not None,
        double scale,
        int[::1] charger not None,
        double[::1] consumed not None,
        double[::1] regenerated not None,
        double[::1] gift not None,
    ):
        """Of these slots, all with a battery: the number of the charging station that it is at, or -1; and of those at
        one what the battery has consumed and regenerated so far, and what the station gave it last [Wh, rounded to
        1/scale]. Columns of one entry per slot, in which others stay. Without the GIL.
        """
        cdef int n = slots.shape[0]
        if not charger.shape[0] == consumed.shape[0] == regenerated.shape[0] == gift.shape[0] == self.capacity:
            raise ValueError("the columns of a vehicle table have one length")
        if n == 0:
            return
        with nogil:
            self.bridge.read_batteries(&slots[0], n, scale, &charger[0], &consumed[0], &regenerated[0], &gift[0])

    def read_emissions(
        self, double[::1] co2 not None, double[::1] electricity not None, const int[::1] lane not None
    ):
        """Fill CO2 [mg/s] and electricity [Wh/s] by slot, of vehicles on the road (lane 0 or more). Without the GIL."""
        if not co2.shape[0] == electricity.shape[0] == lane.shape[0] == self.capacity:
            raise ValueError("the columns of a vehicle table have one length")
        with nogil:
            self.bridge.read_emissions(&co2[0], &electricity[0], &lane[0])

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
