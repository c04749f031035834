"""The conditions of one picture: where the vehicle stopped, the light, the weather, the dirt, the sensor."""

import random
from dataclasses import dataclass

DAY, DUSK, NIGHT, INFRARED = LIGHTS = ("day", "dusk", "night", "infrared")
_LIGHT_WEIGHTS = (55, 12, 18, 15)


@dataclass(frozen=True, slots=True)
class Look:
    """Conditions. Shares run from 0 (none) to 1; the same look of the same subject is the same picture.

    `lane` chooses the camera's place and the lane's furniture, so one lane looks the same all day. `x` and `y` say how
    far from the middle and from the stop line the vehicle stands (m), `yaw` how it is turned (degrees), `defocus` is
    the lens's sigma and `motion` the vehicle's way during the exposure (pixels, along `motion_angle` degrees), `noise`
    the sensor's sigma (grey levels).
    """

    seed: int = 0
    lane: int = 0
    light: str = DAY
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    exposure: float = 1.0
    shade: float = 0.0
    fog: float = 0.0
    rain: float = 0.0
    dirt: float = 0.0
    wear: float = 0.0
    glare: float = 0.0
    defocus: float = 0.6
    motion: float = 0.0
    motion_angle: float = 90.0
    noise: float = 1.5

    def __post_init__(self) -> None:
        """Refuse a light that nobody can draw."""
        if self.light not in LIGHTS:
            raise ValueError(f"light {self.light!r} is not one of {', '.join(LIGHTS)}")


def clear(lane: int = 0, light: str = DAY) -> Look:
    """The best picture a lane gives: straight, clean, dry and sharp."""
    return Look(lane=lane, light=light)


def look(rng: random.Random, *, hard: bool = False, lane: int | None = None, light: str | None = None) -> Look:
    """Conditions drawn from `rng`: an ordinary day's mix, or with `hard` the mix that a reader struggles with.

    `lane` and `light` fix these two instead of drawing them.
    """
    worst = 1.0 if hard else 0.4
    chosen = rng.choices(LIGHTS, _LIGHT_WEIGHTS)[0]
    light = light or chosen
    dark = light in {NIGHT, INFRARED}
    wet = rng.random() < 0.15 + 0.15 * hard
    misty = rng.random() < 0.12 + 0.18 * hard
    return Look(
        seed=rng.getrandbits(32),
        lane=rng.randrange(1000) if lane is None else lane,
        light=light,
        x=rng.uniform(-0.2, 0.2) * (1 + hard),
        y=rng.uniform(-0.3, 0.3) * (1 + hard),
        yaw=rng.uniform(-4, 4) * (1 + 2 * hard),
        exposure=rng.uniform(1 - 0.4 * worst, 1 + 0.3 * worst),
        shade=rng.uniform(0.2, 0.7) * worst if not dark and rng.random() < 0.4 else 0.0,
        fog=rng.uniform(0.2, 0.7) * worst if misty else 0.0,
        rain=rng.uniform(0.3, 1.0) if wet else 0.0,
        dirt=rng.betavariate(1, 3) * worst,
        wear=rng.betavariate(1, 3),
        glare=rng.uniform(0.4, 1.0) * (0.6 + 0.4 * hard) if dark or light == DUSK else 0.0,
        defocus=rng.uniform(0.5, 0.9 + 0.9 * hard),
        motion=rng.uniform(0, 7) * worst,
        motion_angle=rng.gauss(90, 15),
        noise=rng.uniform(1.5, 3) + (rng.uniform(1, 6) * (1 + hard) if dark else 0),
    )
