"""Why a training goes wrong: symptoms with evidence, and remedies that were tried."""

from clearprop.diagnosis.diagnose import diagnose
from clearprop.diagnosis.finding import Diagnosis, Finding
from clearprop.diagnosis.precision import Standstill, difference_standstill
from clearprop.diagnosis.symptoms import SYMPTOMS
from clearprop.diagnosis.thresholds import THRESHOLDS, Threshold

__all__ = [
    "SYMPTOMS",
    "THRESHOLDS",
    "Diagnosis",
    "Finding",
    "Standstill",
    "Threshold",
    "diagnose",
    "difference_standstill",
]
