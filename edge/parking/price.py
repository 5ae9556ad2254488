"""Prices that follow occupancy."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np

from wayside.edge.parking.reserve import LeastCost
from wayside.edge.parking.state import BayAssignment, BayRequests, CarParks
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles


class ResponsivePrices(LeastCost):
    """As `reserve`, at prices that follow occupancy: dearer where more than `above` is taken, cheaper below `below`.

    The rule of SFpark (San Francisco, 2011 to 2013; Pierce and Shoup, 2013, JAPA 79(1)): up by a step above 80 %, down
    by one below 60 %, within bounds, once a period. There a period took six weeks and more; here it must fit into a
    run. Occupancy is the mean over the period, of what the sensors count when there is something to decide. A car park
    whose price begins beyond a bound is never moved further away.
    """

    period: Annotated[float, Option("time between two changes of prices", "s", gt=0)] = 300.0
    above: Annotated[float, Option("share taken above which a price goes up", gt=0, le=1)] = 0.8
    below: Annotated[float, Option("share taken below which it goes down", ge=0, lt=1)] = 0.6
    step: Annotated[float, Option("by how much, per hour", gt=0)] = 0.25
    least: Annotated[float, Option("lowest price per hour", ge=0)] = 0.25
    most: Annotated[float, Option("highest price per hour", ge=0)] = 6.0

    def __init__(self) -> None:
        super().__init__()
        if self.below > self.above or self.least > self.most:
            bounds = f"below = {self.below:g}, above = {self.above:g}, least = {self.least:g}, most = {self.most:g}"
            raise ValueError(f"{bounds}: below must not exceed above, nor least exceed most")
        self.began = self.last = -1.0  # s: of the period, and of the last look
        self.taken_s = self.share = np.empty(0)  # by car park: share taken, its integral [s] and at the last look

    def __call__(self, requests: BayRequests, car_parks: CarParks) -> BayAssignment:
        """See `Policy`."""
        prices = self.follow(car_parks, self.context.time)
        priced = replace(car_parks, price_per_hour=prices)
        return replace(super().__call__(requests, priced), price_per_hour=prices)

    def follow(self, car_parks: CarParks, now: float) -> Doubles:
        """What bays cost from now [s] on, by car park."""
        share = car_parks.occupied / np.maximum(car_parks.capacity, 1)
        if len(self.share) != len(share) or self.began < 0.0:
            self.began = self.last = now
            self.share, self.taken_s = share, np.zeros(len(share))
        self.taken_s = self.taken_s + self.share * (now - self.last)
        self.share, self.last = share, now
        prices = car_parks.price_per_hour.copy()
        if now - self.began < self.period:
            return prices
        mean = self.taken_s / (now - self.began)
        self.began, self.taken_s = now, np.zeros(len(share))
        up, down = np.minimum(prices + self.step, self.most), np.maximum(prices - self.step, self.least)
        prices = np.where(mean > self.above, np.maximum(prices, up), prices)
        return np.where((mean < self.below) & (car_parks.capacity > 0), np.minimum(prices, down), prices)
