"""Shaded sheet metal and glass: the front of a body as tiles, its sides as bands."""

import numpy as np
from numpy.typing import NDArray

from simulator.draw.bodies import BROW, ROOF, SCREEN, TAIL, Body
from simulator.draw.camera import Point3
from simulator.draw.paint import Brush, Colour

_ACROSS = np.linspace(-1, 1, 33)
_ALONG = np.concatenate([np.linspace(0, 5, 46), np.linspace(5.25, 8, 12)])
_PILLAR = 0.92
_GLASS: Colour = (50, 46, 42)
_RUBBER: Colour = (34, 33, 33)
_SIDE_SHADE = 0.55


def paint_skin(brush: Brush, body: Body, colour: Colour, sun: Point3) -> None:
    """The sides, then the front from the roof down to the bumper, lit by the sky and by a sun in direction `sun`."""
    _sides(brush, body, colour)
    grid = body.skin(*np.meshgrid(_ACROSS, _ALONG))
    corners = np.stack([grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:], grid[:-1, :-1]], axis=2)
    colours = _lit(corners, _materials(body, colour), np.array(sun))
    # Farthest first: the roof is hidden by what stands before it.
    brush.tiles(corners[::-1].reshape(-1, 4, 3), colours[::-1].reshape(-1, 3))


def _materials(body: Body, colour: Colour) -> NDArray[np.float64]:
    """Paint or glass of each tile (rows, columns, 3)."""
    rows, columns = len(_ALONG) - 1, len(_ACROSS) - 1
    material = np.tile(np.array(colour, np.float64), (rows, columns, 1))
    along, across = (_ALONG[1:] + _ALONG[:-1]) / 2, (_ACROSS[1:] + _ACROSS[:-1]) / 2
    screen = ((along > SCREEN) & (along < BROW))[:, None] & (np.abs(across) < _PILLAR)[None]
    material[screen] = _GLASS
    material[along < 0.3] = _RUBBER
    if body.dark_brow:
        material[(along >= BROW) & (along < ROOF)] = _RUBBER
    return material


def _lit(corners: NDArray[np.float64], material: NDArray[np.float64], sun: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sky light by how far a tile looks up, sun light by its angle, and a gloss where the sky mirrors."""
    normal = np.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 3] - corners[:, :, 0])
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-9
    normal *= np.where(normal[..., 1:2] > 0, -1, 1)
    sun = sun / np.linalg.norm(sun)
    up, facing = normal[..., 2].clip(-1, 1), (normal @ sun).clip(0, 1)
    middle = corners.mean(axis=2)
    shade = 0.55 + 0.26 * up + 0.42 * facing
    gloss = (
        70 * facing**14 + 26 * np.clip(up, 0, 1) ** 2 + 10 * np.sin(middle[..., 2] * 9 + middle[..., 0]) * (up > 0.2)
    )
    return np.asarray(np.clip(material * shade[..., None] + gloss[..., None], 0, 255), np.float64)


def _sides(brush: Brush, body: Body, colour: Colour) -> None:
    """Both flanks as bands drawn straight back from the front's edge, with a row of windows, then the wheels."""
    tail = body.stations[TAIL][0]
    levels = np.array([0.0, 1, 2, 3, 4, 5, 6, 7])
    for side in (-1.0, 1.0):
        front = body.skin(np.full(len(levels), side), levels)
        front = front[np.concatenate([[True], np.diff(front[:, 2]) > 0])]
        back = front.copy()
        back[:, 1] = tail
        quads = np.stack([front[:-1], front[1:], back[1:], back[:-1]], axis=1)
        high = front[1:, 2] > body.stations[SCREEN][1] + 0.05
        shades = np.where(high[:, None], np.array(_GLASS) * 0.8, np.array(colour) * _SIDE_SHADE)
        brush.tiles(quads, shades)


def paint_on(
    brush: Brush, body: Body, outline: list[tuple[float, float]], colour: Colour, last: Colour | None = None
) -> None:
    """A detail given in (u, s) on the skin; with `last`, a gradient down to that colour."""
    u, s = np.array(outline).T
    points = body.skin(u, s) - (0, 0.005, 0)
    if last is None:
        brush.fill(points, colour)
    else:
        brush.fade(points, colour, last)
