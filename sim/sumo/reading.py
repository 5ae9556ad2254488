"""One vehicle's row of the table from SUMO's getters or subscriptions, by the same rules as ext/native_sumo.hpp."""

from __future__ import annotations

from wayside.sim.world import PARKING, RoadNetwork, VehicleTable

INVALID = -1e9  # SUMO's getters say -2^30 where there is no value


def write_row(
    table: VehicleTable,
    slot: int,
    network: RoadNetwork,
    *,
    x: float,
    y: float,
    z: float,
    speed: float,
    acceleration: float,
    heading: float,
    lane: str,
    lane_position: float,
    distance: float,
    signals: int,
    stop_state: int,
) -> None:
    """Fill one row; `lane` is empty off the road. A parked vehicle stands still, a teleporting one where it was.

    A parked vehicle's odometer stands, too: SUMO rounds it to centimetres where it moves a stop meanwhile.
    """
    on_road = lane != ""
    stood = bool(table.stop_state[slot] & PARKING)
    parking = bool(stop_state & PARKING)
    table.on_net[slot] = on_road or parking
    table.stop_state[slot] = stop_state
    table._signals[slot] = signals if on_road else 0
    table.lane[slot] = network.lane_number[lane] if on_road else -1
    if on_road:
        table.edge[slot] = network.lane_edge[table.lane[slot]]
    table.speed[slot] = speed if on_road else 0.0
    table.acceleration[slot] = acceleration if on_road else 0.0
    if x > INVALID:
        table.x[slot] = x
        table.y[slot] = y
        table.z[slot] = z
        table.heading[slot] = heading
        if on_road or not stood:
            table.distance[slot] = distance
    if on_road:
        table.lane_position[slot] = lane_position
