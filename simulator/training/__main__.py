"""`python -m simulator.training strokes --seed 1 --minutes 60 --out DIR`: train the line recogniser and export it."""

import argparse
import json
import sys
from pathlib import Path

_WEIGHTS = Path(__file__).parents[2] / "edge" / "reader" / "weights"


def main(arguments: list[str] | None = None) -> int:
    """0; or 2 where torch is missing or a file cannot be read or written."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"training: {error.name} is not installed; it comes with the extra: pip install 'barie[train]'\n"
        )
    except OSError as error:
        sys.stderr.write(f"training: {error.filename}: {error.strerror}\n")
    return 2


def _run(options: argparse.Namespace) -> int:
    if options.action == "strokes":
        from simulator.training.train import Plan, train  # noqa: PLC0415

        plan = Plan(options.seed, options.minutes, options.out, options.rate, options.start, pause_s=options.pause)
        figures = train(plan)
    else:
        from simulator.training.export import export  # noqa: PLC0415

        figures = export(options.start, options.out, count=options.count)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator.training", description="Train networks on drawn lines.")
    actions = parser.add_subparsers(dest="action", required=True)
    learn = actions.add_parser("strokes", help="train the recogniser of a plate's line")
    learn.add_argument("--seed", type=int, default=1, help="of the drawing and of the first weights (default 1)")
    learn.add_argument("--minutes", type=float, default=60.0, help="how long (default 60)")
    learn.add_argument("--out", type=Path, required=True, help="folder for strokes.pt, log.txt and train.pid")
    learn.add_argument("--rate", type=float, default=2e-3, help="highest learning rate (default 0.002)")
    learn.add_argument("--from", dest="start", type=Path, help="a strokes.pt to go on from")
    learn.add_argument("--pause", type=float, default=150.0, help="seconds between two looks at held-out lines")
    give = actions.add_parser("export", help="write strokes.onnx, its card and its hash from a strokes.pt")
    give.add_argument("--from", dest="start", type=Path, required=True, help="the strokes.pt")
    give.add_argument("--out", type=Path, default=_WEIGHTS, help="folder of the weights (default the reader's)")
    give.add_argument("--count", type=int, default=10_000, help="held-out lines for the card's figures")
    return parser


if __name__ == "__main__":
    sys.exit(main())
