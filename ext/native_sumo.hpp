// The few functions of SUMO 1.28 that the bridge calls directly, found by name in the libsumo that Python has loaded.
//
// libsumo's public getters look a vehicle up by its string id on every call, which costs ten times what the reading
// itself does. The wheel exports SUMO's own member functions too, so a vehicle is looked up once, when it departs,
// and read through its address until it arrives. Under the Itanium C++ ABI a non-virtual call of a member function
// is a call of a plain function with the object first. A name that is missing makes `load` throw, and wayside falls
// back to libsumo's Python calls.
#pragma once

#include <cxxabi.h>
#include <dlfcn.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <cstring>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeinfo>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wayside {

// Layout of SUMO's Position; the destructor makes the compiler return it through memory, as SUMO's own does.
struct Position {
    double x, y, z;
    ~Position() {}
};

struct Functions {
    void (*step)(double);
    void* (*find_vehicle)(const std::string&);
    void* (*find_lane)(const std::string&);
    int (*signals)(const std::string&);
    int (*stop_state)(const std::string&);
    std::string (*light_state)(const std::string&);
    void* (*find_light)(const std::string&);
    void* (*active_program)(const void*);
    long long (*next_switch)(const void*);
    double (*navi_degree)(double);
    bool (*is_on_road)(const void*);
    bool (*is_parking)(const void*);
    bool (*is_stopped)(const void*);
    Position (*position)(const void*, double);
    double (*speed)(const void*);
    double (*acceleration)(const void*);
    double (*angle)(const void*);
    double (*position_on_lane)(const void*);
    void* (*lane)(const void*);
    void* (*device)(const void*, const std::type_info&);
    double (*odometer)(const void*);
    double (*co2)(const void*);
    double (*electricity)(const void*);
    double (*battery_charge)(const void*);
    double (*consumed)(const void*);
    double (*regenerated)(const void*);
    double (*energy_charged)(const void*);
    std::string (*charging_station)(const void*);
    void* (*find_person)(const std::string&);
    Position (*person_position)(const void*);
    double (*person_angle)(const void*);
    double (*person_speed)(const void*);
    const void* (*person_edge)(const void*);
    std::string (*person_road)(const std::string&);
    std::string (*person_vehicle)(const std::string&);
    const std::type_info* device_type;
    const std::type_info* battery_type;
};

#define WAYSIDE_STRING "RKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"

template <typename T>
void resolve(void* library, const char* name, T& target) {
    void* found = dlsym(library, name);
    if (found == nullptr) {
        throw std::runtime_error(std::string("libsumo does not export ") + name);
    }
    target = reinterpret_cast<T>(found);
}

inline Functions load(const std::string& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (library == nullptr) {
        throw std::runtime_error("libsumo is not loaded: " + path);
    }
    Functions f;
    resolve(library, "_ZN7libsumo10Simulation4stepEd", f.step);
    resolve(library, "_ZN7libsumo6Helper10getVehicleE" WAYSIDE_STRING, f.find_vehicle);
    resolve(library, "_ZN6MSLane10dictionaryE" WAYSIDE_STRING, f.find_lane);
    resolve(library, "_ZN7libsumo7Vehicle10getSignalsE" WAYSIDE_STRING, f.signals);
    resolve(library, "_ZN7libsumo7Vehicle12getStopStateE" WAYSIDE_STRING, f.stop_state);
    resolve(library, "_ZN7libsumo12TrafficLight22getRedYellowGreenStateE" WAYSIDE_STRING, f.light_state);
    resolve(library, "_ZN7libsumo6Helper6getTLSE" WAYSIDE_STRING, f.find_light);
    resolve(library, "_ZNK16MSTLLogicControl16TLSLogicVariants9getActiveEv", f.active_program);
    resolve(library, "_ZNK19MSTrafficLightLogic17getNextSwitchTimeEv", f.next_switch);
    resolve(library, "_ZN10GeomHelper10naviDegreeEd", f.navi_degree);
    resolve(library, "_ZNK9MSVehicle8isOnRoadEv", f.is_on_road);
    resolve(library, "_ZNK13MSBaseVehicle9isParkingEv", f.is_parking);
    resolve(library, "_ZNK13MSBaseVehicle9isStoppedEv", f.is_stopped);
    resolve(library, "_ZNK9MSVehicle11getPositionEd", f.position);
    resolve(library, "_ZNK9MSVehicle8getSpeedEv", f.speed);
    resolve(library, "_ZNK9MSVehicle15getAccelerationEv", f.acceleration);
    resolve(library, "_ZNK9MSVehicle8getAngleEv", f.angle);
    resolve(library, "_ZNK9MSVehicle17getPositionOnLaneEv", f.position_on_lane);
    resolve(library, "_ZNK9MSVehicle7getLaneEv", f.lane);
    resolve(library, "_ZNK13MSBaseVehicle9getDeviceERKSt9type_info", f.device);
    resolve(library, "_ZNK13MSBaseVehicle11getOdometerEv", f.odometer);
    resolve(library, "_ZNK13MSBaseVehicle12getEmissionsILN19PollutantsInterface12EmissionTypeE0EEEdv", f.co2);
    resolve(library, "_ZNK13MSBaseVehicle12getEmissionsILN19PollutantsInterface12EmissionTypeE6EEEdv", f.electricity);
    resolve(library, "_ZNK16MSDevice_Battery24getActualBatteryCapacityEv", f.battery_charge);
    resolve(library, "_ZNK16MSDevice_Battery19getTotalConsumptionEv", f.consumed);
    resolve(library, "_ZNK16MSDevice_Battery19getTotalRegeneratedEv", f.regenerated);
    resolve(library, "_ZNK16MSDevice_Battery16getEnergyChargedEv", f.energy_charged);
    resolve(library, "_ZNK16MSDevice_Battery20getChargingStationIDB5cxx11Ev", f.charging_station);
    resolve(library, "_ZN7libsumo6Helper9getPersonE" WAYSIDE_STRING, f.find_person);
    resolve(library, "_ZNK15MSTransportable11getPositionEv", f.person_position);
    resolve(library, "_ZNK15MSTransportable8getAngleEv", f.person_angle);
    resolve(library, "_ZNK15MSTransportable8getSpeedEv", f.person_speed);
    resolve(library, "_ZNK15MSTransportable7getEdgeEv", f.person_edge);
    resolve(library, "_ZN7libsumo6Person9getRoadIDE" WAYSIDE_STRING, f.person_road);
    resolve(library, "_ZN7libsumo6Person10getVehicleE" WAYSIDE_STRING, f.person_vehicle);
    resolve(library, "_ZTI8MSDevice", f.device_type);
    resolve(library, "_ZTI16MSDevice_Battery", f.battery_type);
    return f;
}

#undef WAYSIDE_STRING

// `value` as SUMO prints it, with `scale` = 10^decimals, and as that text reads back: the other backends get a
// battery's charge as text. The product's rounding error decides where it seems to lie halfway, as it does in printf.
inline double as_printed(double value, double scale) {
    const double product = value * scale;
    const double residue = std::fma(value, scale, -product);
    double whole = std::floor(product);
    const double rest = product - whole;
    if (rest > 0.5 || (rest == 0.5 && (residue > 0.0 || (residue == 0.0 && std::fmod(whole, 2.0) != 0.0)))) {
        whole += 1.0;
    }
    return whole / scale;
}

// Pointers to one entry per slot of the vehicle table, to be filled by Bridge::read.
struct Columns {
    double *x, *y, *z, *speed, *acceleration, *heading, *lane_position, *charge, *distance;
    int *lane, *edge, *stop_state;
    unsigned char* on_net;
};

// The same of the table of persons.
struct PersonColumns {
    double *x, *y, *z, *speed, *heading;
    int* edge;
    unsigned char* afoot;
};

class Bridge {
public:
    explicit Bridge(const std::string& library) : f(load(library)) {}

    ~Bridge() {
        if (worker.joinable()) {
            give(Order::leave);
            worker.join();
        }
    }

    void step() { f.step(0.0); }

    // Step in a thread of its own, which needs nothing of Python's: the caller goes on at once.
    void begin_step() {
        if (!worker.joinable()) {
            worker = std::thread(&Bridge::work, this);
        }
        give(Order::step);
    }

    // Wait for that step, and raise what it raised.
    void finish_step() {
        await([this] { return order != Order::step; });
        if (raised) {
            std::rethrow_exception(std::exchange(raised, nullptr));
        }
    }

    void add_lane(const std::string& id, int index, int edge) { lanes[f.find_lane(id)] = Lane{index, edge}; }

    void add_light(const std::string& id, int offset) { lights.push_back({id, f.find_light(id), offset}); }

    void add_charger(const std::string& id, int number) { chargers[id] = number; }

    void add_edge(const std::string& id, int number) { edges[id] = number; }

    void add_person(int slot, const std::string& id) {
        if (slot >= static_cast<int>(persons.size())) {
            persons.resize(slot + 1);
        }
        persons[slot] = Person{f.find_person(id), nullptr, -1, id};
    }

    void remove_person(int slot) { persons[slot].address = nullptr; }

    // All persons; an edge is looked up by its name when somebody comes to it.
    void read_persons(const PersonColumns& to) {
        for (size_t slot = 0; slot < persons.size(); ++slot) {
            Person& who = persons[slot];
            if (who.address == nullptr) {
                continue;
            }
            const Position p = f.person_position(who.address);
            to.x[slot] = p.x;
            to.y[slot] = p.y;
            to.z[slot] = p.z;
            to.speed[slot] = f.person_speed(who.address);
            to.heading[slot] = f.navi_degree(f.person_angle(who.address));
            const void* edge = f.person_edge(who.address);
            if (edge != who.edge) {
                who.edge = edge;
                const auto found = edges.find(f.person_road(who.id));
                who.at = found == edges.end() ? -1 : found->second;
            }
            to.edge[slot] = who.at;
            to.afoot[slot] = f.person_vehicle(who.id).empty();
        }
    }

    void add_vehicle(int slot, const std::string& id, bool electric) {
        if (slot >= static_cast<int>(vehicles.size())) {
            vehicles.resize(slot + 1);
        }
        void* vehicle = f.find_vehicle(id);
        void* battery = electric ? as_battery(f.device(vehicle, *f.battery_type)) : nullptr;
        vehicles[slot] = Vehicle{Mode::moving, 0, Lane{-1, -1}, vehicle, battery, nullptr, id};
    }

    void remove_vehicle(int slot) { vehicles[slot].mode = Mode::absent; }

    // A vehicle left its parking place: what is known of it no longer stands.
    void wake(int slot) {
        vehicles[slot].mode = Mode::moving;
        vehicles[slot].apart = 0;
    }

    void read(const Columns& to, double scale) {
        const int n = static_cast<int>(vehicles.size());
        for (int slot = 0; slot < n; ++slot) {
            Vehicle& v = vehicles[slot];
            if (v.mode == Mode::absent || v.mode == Mode::parked) {
                continue;
            }
            if (v.battery != nullptr) {
                to.charge[slot] = as_printed(f.battery_charge(v.battery), scale);
            }
            if (v.mode == Mode::moving) {
                read_moving(v, slot, to);
            }
        }
    }

    // Of some vehicles with a battery: the charging station that it is at, -1, and there what it has consumed and
    // regenerated so far, and the station's last gift, Wh; by slot. SUMO looks for the station where a vehicle stands, so
    // one that was at none in a step in which it stood parked from the begin is at none until it is woken.
    void read_batteries(const int* slots, int n, double scale, int* charger, double* consumed, double* regenerated,
                        double* gift) {
        for (int i = 0; i < n; ++i) {
            const int slot = slots[i];
            Vehicle& v = vehicles[slot];
            if (v.apart == PARKED_APART) {
                charger[slot] = -1;
                continue;
            }
            const void* battery = v.battery;
            const auto found = chargers.find(f.charging_station(battery));
            charger[slot] = found == chargers.end() ? -1 : found->second;
            v.apart = v.mode == Mode::parked_electric && charger[slot] < 0 ? v.apart + 1 : 0;
            if (charger[slot] >= 0) {
                consumed[slot] = as_printed(f.consumed(battery), scale);
                regenerated[slot] = as_printed(f.regenerated(battery), scale);
                gift[slot] = as_printed(f.energy_charged(battery), scale);
            }
        }
    }

    // Of all vehicles on the road, by slot: CO2 [mg/s] and electricity [Wh/s] in the step that is over.
    void read_emissions(double* co2, double* electricity, const int* lane) const {
        const size_t n = vehicles.size();
        for (size_t slot = 0; slot < n; ++slot) {
            if (vehicles[slot].mode != Mode::absent && lane[slot] >= 0) {
                co2[slot] = f.co2(vehicles[slot].address);
                electricity[slot] = f.electricity(vehicles[slot].address);
            }
        }
    }

    // Apart from `read`: few ask. SUMO's getter looks a vehicle up by its id, so the member itself is read where it lies
    // in a vehicle, and compared with the getter for one vehicle of each call. If ever it is not there, it never is.
    void read_signals(int* signals, const int* lane) {
        const size_t n = vehicles.size();
        for (size_t slot = 0; slot < n; ++slot) {
            if (vehicles[slot].mode != Mode::absent) {
                signals[slot] = lane[slot] >= 0 ? signals_of(vehicles[slot]) : 0;
            }
        }
        for (size_t tried = 0; tried < n && !by_getter; ++tried) {
            checked = (checked + 1) % n;
            if (vehicles[checked].mode != Mode::absent && lane[checked] >= 0) {
                by_getter = signals[checked] != f.signals(vehicles[checked].id);
                if (by_getter) {
                    read_signals(signals, lane);
                }
                return;
            }
        }
    }

    void read_lights(char* state, double* next_switch) const {
        for (size_t i = 0; i < lights.size(); ++i) {
            const std::string now = f.light_state(lights[i].id);
            now.copy(state + lights[i].offset, now.size());
            next_switch[i] = static_cast<double>(f.next_switch(f.active_program(lights[i].programs))) / 1000.0;
        }
    }

private:
    // A parked vehicle's row cannot change but for its charge, so it is not read again until it is woken.
    enum class Mode : unsigned char { absent, moving, parked, parked_electric };

    static constexpr unsigned char PARKED_APART = 2;  // reads: the first may be that of the step in which it parked

    struct Lane {
        int index, edge;
    };
    struct Vehicle {
        Mode mode = Mode::absent;
        unsigned char apart = 0;  // reads in a row that found it parked and at no charging station
        Lane at{-1, -1};
        void* address = nullptr;
        void* battery = nullptr;
        const void* lane = nullptr;
        std::string id;
    };
    struct Person {
        void* address = nullptr;
        const void* edge = nullptr;
        int at = -1;
        std::string id;
    };
    struct Light {
        std::string id;
        const void* programs;
        int offset;
    };

    int signals_of(const Vehicle& v) const {
        if (by_getter) {
            return f.signals(v.id);
        }
        int signals;
        std::memcpy(&signals, static_cast<const char*>(v.address) + SIGNALS, sizeof signals);
        return signals;
    }

    // What dynamic_cast does, for types whose declarations are not at hand: the battery has several bases.
    void* as_battery(const void* device) const {
        if (device == nullptr) {
            return nullptr;
        }
        const auto* from = dynamic_cast<const __cxxabiv1::__class_type_info*>(f.device_type);
        const auto* to = dynamic_cast<const __cxxabiv1::__class_type_info*>(f.battery_type);
        return __cxxabiv1::__dynamic_cast(device, from, to, -1);
    }

    void read_moving(Vehicle& v, int slot, const Columns& to) {
        const bool on_road = f.is_on_road(v.address);
        const bool stopped = f.is_stopped(v.address);
        const bool parking = stopped && f.is_parking(v.address);
        to.on_net[slot] = on_road || parking;
        to.stop_state[slot] = stopped ? f.stop_state(v.id) : 0;
        if (!on_road) {
            to.lane[slot] = -1;
            to.speed[slot] = to.acceleration[slot] = 0.0;
            if (!parking) {
                return;  // between two lanes of a teleport: the last position stands
            }
            v.mode = v.battery != nullptr ? Mode::parked_electric : Mode::parked;
        }
        const Position p = f.position(v.address, 0.0);
        to.x[slot] = p.x;
        to.y[slot] = p.y;
        to.z[slot] = p.z;
        to.heading[slot] = f.navi_degree(f.angle(v.address));
        to.distance[slot] = f.odometer(v.address);
        if (on_road) {
            to.speed[slot] = f.speed(v.address);
            to.acceleration[slot] = f.acceleration(v.address);
            to.lane_position[slot] = f.position_on_lane(v.address);
            const void* lane = f.lane(v.address);
            if (lane != v.lane) {
                v.lane = lane;
                v.at = lanes.at(lane);
            }
            to.lane[slot] = v.at.index;
            to.edge[slot] = v.at.edge;
        }
    }

    enum class Order { rest, step, leave };

    void give(Order next) {
        {
            std::lock_guard<std::mutex> guard(mutex);
            order = next;
        }
        changed.notify_all();
    }

    // Look for a while before sleeping: to wake a sleeping core can take a tenth of a step.
    template <typename Condition>
    void await(Condition condition) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > until) {
                std::unique_lock<std::mutex> guard(mutex);
                changed.wait(guard, condition);
                return;
            }
            std::this_thread::yield();
        }
    }

    void work() {
        while (true) {
            await([this] { return order != Order::rest; });
            if (order == Order::leave) {
                return;
            }
            try {
                f.step(0.0);
            } catch (...) {
                raised = std::current_exception();
            }
            // An order to leave that came meanwhile stands.
            Order done = Order::step;
            std::lock_guard<std::mutex> guard(mutex);
            order.compare_exchange_strong(done, Order::rest);
            changed.notify_all();
        }
    }

    std::thread worker;
    std::mutex mutex;
    std::condition_variable changed;
    std::atomic<Order> order{Order::rest};
    std::exception_ptr raised;  // written before `order` says rest, read after

    Functions f;
    static constexpr std::ptrdiff_t SIGNALS = 0x2e0;  // of mySignals in an MSVehicle of the x86-64 Linux wheel
    bool by_getter = false;
    size_t checked = 0;

    std::unordered_map<const void*, Lane> lanes;
    std::unordered_map<std::string, int> chargers;
    std::unordered_map<std::string, int> edges;  // of persons
    std::vector<Vehicle> vehicles;
    std::vector<Person> persons;
    std::vector<Light> lights;
};

}  // namespace wayside
