"""The numbers of the privacy policy: k people, c contributors, p per cent."""

from dataclasses import dataclass

MIN_K = 5
MAX_K = 50


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the policy; k may be raised from 5 to 50 and never lowered.

    k: smallest population of a shown group (R2). c: smallest number of contributors of a shown
    magnitude (R3). p: how close, in per cent of the largest contributor, the second largest may
    come to knowing it (R4).
    """

    version: int = 1
    k: int = MIN_K
    c: int = 3
    p: int = 10
