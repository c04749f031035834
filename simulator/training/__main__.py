"""`python -m simulator.training strokes --seed 1 --minutes 60 --out DIR`: train the line recogniser and export it."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.training.plan import Plan

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
        from simulator.training.train import train  # noqa: PLC0415

        figures = train(_plan(options))
    elif options.action == "finder":
        from simulator.training.find import train as train_finder  # noqa: PLC0415

        figures = train_finder(_plan(options))
    else:
        from simulator.training.export import export, export_finder  # noqa: PLC0415

        write = export_finder if options.what == "finder" else export
        figures = write(options.start, options.out, count=options.count)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def _plan(options: argparse.Namespace) -> "Plan":
    from simulator.training.plan import Plan  # noqa: PLC0415

    return Plan(options.seed, options.minutes, options.out, options.rate, options.start, pause_s=options.pause)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator.training", description="Train networks on drawn lines.")
    actions = parser.add_subparsers(dest="action", required=True)
    _learning(actions.add_parser("strokes", help="train the recogniser of a plate's line"), "strokes.pt")
    _learning(actions.add_parser("finder", help="train the finder of a plate's rows"), "finder.pt")
    give = actions.add_parser("export", help="write a network as ONNX, its card and its hash from a checkpoint")
    give.add_argument(
        "--what", choices=("strokes", "finder"), default="strokes", help="which network (default strokes)"
    )
    give.add_argument("--from", dest="start", type=Path, required=True, help="the checkpoint")
    give.add_argument("--out", type=Path, default=_WEIGHTS, help="folder of the weights (default the reader's)")
    give.add_argument("--count", type=int, default=10_000, help="held-out pieces for the card's figures")
    return parser


def _learning(learn: argparse.ArgumentParser, name: str) -> None:
    learn.add_argument("--seed", type=int, default=1, help="of the drawing and of the first weights (default 1)")
    learn.add_argument("--minutes", type=float, default=60.0, help="how long (default 60)")
    learn.add_argument("--out", type=Path, required=True, help=f"folder for {name}, log.txt and train.pid")
    learn.add_argument("--rate", type=float, default=2e-3, help="highest learning rate (default 0.002)")
    learn.add_argument("--from", dest="start", type=Path, help=f"a {name} to go on from")
    learn.add_argument("--pause", type=float, default=150.0, help="seconds between two looks at held-out pieces")


if __name__ == "__main__":
    sys.exit(main())
