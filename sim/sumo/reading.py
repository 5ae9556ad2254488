"""One vehicle's row of the table from SUMO's getters or subscriptions, by the same rules as ext/native_sumo.hpp."""

from __future__ import annotations

from wayside.sim.world import PARKING, RoadNetwork, VehicleTable

INVALID = -1e9  # SUMO's getters say -2^30 where there is no value


def write_row(
    table: VehicleTable,
    slot: int,
    network: RoadNetwork,
    step_length: float,
    *,
    x: float,
    y: float,
    speed: float,
    acceleration: float,
    heading: float,
    lane: str,
    lane_position: float,
    signals: int,
    stop_state: int,
) -> None:
    """Fill one row; `lane` is empty off the road. A parked vehicle stands still, a teleporting one where it was."""
    on_road = lane != ""
    parking = bool(stop_state & PARKING)
    table.on_net[slot] = on_road or parking
    table.stop_state[slot] = stop_state
    table._signals[slot] = signals if on_road else 0
    table.lane[slot] = network.lane_number[lane] if on_road else -1
    if on_road:
        table.edge[slot] = network.lane_edge[table.lane[slot]]
        table.distance[slot] += speed * step_length
    table.speed[slot] = speed if on_road else 0.0
    table.acceleration[slot] = acceleration if on_road else 0.0
    if x > INVALID:
        table.x[slot] = x
        table.y[slot] = y
        table.heading[slot] = heading
    if on_road:
        table.lane_position[slot] = lane_position
