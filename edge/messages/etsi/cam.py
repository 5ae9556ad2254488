"""The cooperative awareness message: where a station is and how it moves. EN 302 637-2 V1.4.1, annex A.

What each container is for is in annex B; the low frequency container comes every 500 ms (clause 6.1.3).
"""

from __future__ import annotations

from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Choice, Integer, Optional, Sequence

# TimestampIts of the position, modulo 65536.
GenerationDeltaTime = Integer(0, 65535, unit="ms", oneMilliSec=1)
BasicContainer = Sequence(
    stationType=cdd.StationType,
    referencePosition=cdd.ReferencePosition,
).extensible()

# In every CAM of a vehicle.
BasicVehicleContainerHighFrequency = Sequence(
    heading=cdd.Heading,
    speed=cdd.Speed,
    driveDirection=cdd.DriveDirection,
    vehicleLength=cdd.VehicleLength,
    vehicleWidth=cdd.VehicleWidth,
    longitudinalAcceleration=cdd.LongitudinalAcceleration,
    curvature=cdd.Curvature,
    curvatureCalculationMode=cdd.CurvatureCalculationMode,
    yawRate=cdd.YawRate,
    accelerationControl=Optional(cdd.AccelerationControl),
    lanePosition=Optional(cdd.LanePosition),
    steeringWheelAngle=Optional(cdd.SteeringWheelAngle),
    lateralAcceleration=Optional(cdd.LateralAcceleration),
    verticalAcceleration=Optional(cdd.VerticalAcceleration),
    performanceClass=Optional(cdd.PerformanceClass),
    cenDsrcTollingZone=Optional(cdd.CenDsrcTollingZone),
)

# In every CAM of a roadside unit.
RSUContainerHighFrequency = Sequence(
    protectedCommunicationZonesRSU=Optional(cdd.ProtectedCommunicationZonesRSU),
).extensible()
HighFrequencyContainer = Choice(
    basicVehicleContainerHighFrequency=BasicVehicleContainerHighFrequency,
    rsuContainerHighFrequency=RSUContainerHighFrequency,
).extensible()

# Every 500 ms.
BasicVehicleContainerLowFrequency = Sequence(
    vehicleRole=cdd.VehicleRole,
    exteriorLights=cdd.ExteriorLights,
    pathHistory=cdd.PathHistory,
)
LowFrequencyContainer = Choice(
    basicVehicleContainerLowFrequency=BasicVehicleContainerLowFrequency,
).extensible()
PublicTransportContainer = Sequence(
    embarkationStatus=cdd.EmbarkationStatus,
    ptActivation=Optional(cdd.PtActivation),
)
SpecialTransportContainer = Sequence(
    specialTransportType=cdd.SpecialTransportType,
    lightBarSirenInUse=cdd.LightBarSirenInUse,
)
DangerousGoodsContainer = Sequence(
    dangerousGoodsBasic=cdd.DangerousGoodsBasic,
)
RoadWorksContainerBasic = Sequence(
    roadworksSubCauseCode=Optional(cdd.RoadworksSubCauseCode),
    lightBarSirenInUse=cdd.LightBarSirenInUse,
    closedLanes=Optional(cdd.ClosedLanes),
)
RescueContainer = Sequence(
    lightBarSirenInUse=cdd.LightBarSirenInUse,
)
EmergencyContainer = Sequence(
    lightBarSirenInUse=cdd.LightBarSirenInUse,
    incidentIndication=Optional(cdd.CauseCode),
    emergencyPriority=Optional(cdd.EmergencyPriority),
)
SafetyCarContainer = Sequence(
    lightBarSirenInUse=cdd.LightBarSirenInUse,
    incidentIndication=Optional(cdd.CauseCode),
    trafficRule=Optional(cdd.TrafficRule),
    speedLimit=Optional(cdd.SpeedLimit),
)

# By the role of the vehicle, with the low frequency container.
SpecialVehicleContainer = Choice(
    publicTransportContainer=PublicTransportContainer,
    specialTransportContainer=SpecialTransportContainer,
    dangerousGoodsContainer=DangerousGoodsContainer,
    roadWorksContainerBasic=RoadWorksContainerBasic,
    rescueContainer=RescueContainer,
    emergencyContainer=EmergencyContainer,
    safetyCarContainer=SafetyCarContainer,
).extensible()
CamParameters = Sequence(
    basicContainer=BasicContainer,
    highFrequencyContainer=HighFrequencyContainer,
    lowFrequencyContainer=Optional(LowFrequencyContainer),
    specialVehicleContainer=Optional(SpecialVehicleContainer),
).extensible()
CoopAwareness = Sequence(
    generationDeltaTime=GenerationDeltaTime,
    camParameters=CamParameters,
)

CAM = Message(
    "CAM",
    Sequence(
        header=cdd.ItsPduHeader,
        cam=CoopAwareness,
    ),
    "EN 302 637-2 V1.4.1, annex A: CAM-PDU-Descriptions",
)
