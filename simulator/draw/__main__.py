"""`python -m simulator.draw --count 20 --seed 1 --out DIR`: pictures and their truth, for others to measure."""

import argparse
import csv
import random
import sys
from pathlib import Path

from simulator.draw.look import LIGHTS, look
from simulator.draw.plates import PlateSource, random_class
from simulator.draw.scene import draw_scene, jpeg
from simulator.draw.subject import VEHICLE_CLASSES


def main(arguments: list[str] | None = None) -> int:
    """Write the pictures and labels.csv (file, plate, colour, lines, class, light); 2 for what cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        _write(options)
    except OSError as error:
        sys.stderr.write(f"draw: cannot write to {options.out}: {error.strerror}\n")
        return 2
    return 0


def _write(options: argparse.Namespace) -> None:
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(options.seed)
    source = PlateSource(random.Random(rng.getrandbits(64)))
    with (out / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        labels = csv.writer(file, lineterminator="\n")
        labels.writerow(["file", "plate", "colour", "lines", "class", "light"])
        for number in range(options.count):
            subject = source.draw(options.vehicle_class or random_class(rng))
            seen = look(rng, hard=options.hard, light=options.light)
            name = f"{number:05d}.jpg"
            (out / name).write_bytes(jpeg(draw_scene(subject, seen), options.quality))
            labels.writerow([name, subject.key, subject.colour, subject.lines, subject.vehicle_class, seen.light])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator.draw", description="Draw pictures of a lane camera.")
    parser.add_argument("--count", type=_between(1, 1_000_000), default=20, help="how many pictures (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same pictures")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures and labels.csv")
    parser.add_argument("--hard", action="store_true", help="the harder mix: dirt, blur, glare, fog, wide angles")
    parser.add_argument("--class", dest="vehicle_class", choices=VEHICLE_CLASSES, help="only this class")
    parser.add_argument("--light", choices=LIGHTS, help="only this light")
    parser.add_argument("--quality", type=_between(1, 100), default=88, help="of the JPEG (default 88)")
    return parser


class _between:  # noqa: N801
    """A whole number in a range, as an argument's type."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def __call__(self, text: str) -> int:
        value = int(text)
        if not self.least <= value <= self.most:
            raise argparse.ArgumentTypeError(f"{value} is not between {self.least} and {self.most}")
        return value


if __name__ == "__main__":
    sys.exit(main())
