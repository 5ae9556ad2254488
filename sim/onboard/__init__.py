"""The vehicle side of every service: one module each behind one interface (`service.OnboardService`).

`parking` and `charging` ask units and obey their answers. What they know comes over the air, from the driver's own
eyes, or from the vehicle's own plan.
"""
