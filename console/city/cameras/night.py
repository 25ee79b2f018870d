"""Light after dark: windows, shop fronts, street lamps."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from console.city.cameras.street import StreetPlan
from console.city.cameras.view import Canvas, Points, fill, tint


def wall_quad(quad: Points, share: list[float], heights: list[float]) -> Points:
    """Return a part of a wall: by share of its length and height in metres, (4, 3)."""
    start, along = quad[0], quad[1] - quad[0]
    up = np.array([0.0, 1.0, 0.0])
    order = ((0, 0), (1, 0), (1, 1), (0, 1))
    return np.array([start + along * share[a] + up * heights[b] for a, b in order])


def light_windows(canvas: Canvas, plan: StreetPlan, chance: Generator) -> None:
    """Light some windows and the shop fronts."""
    warm = ((130.0, 190.0, 225.0), (150.0, 205.0, 220.0), (190.0, 200.0, 205.0))
    for block in sorted(plan.blocks, key=lambda b: -float(np.hypot(np.mean(b.x), np.mean(b.z)))):
        inner = block.x[0] if block.x[0] > 0 else block.x[1]
        quad = np.array([(inner, 0, block.z[0]), (inner, 0, block.z[1])])
        if block.floors <= 1:
            continue
        columns = max(1, int((block.z[1] - block.z[0]) / 3.0))
        storey = block.height_m / block.floors
        for floor in range(1, block.floors):
            for column in range(columns):
                if chance.random() > 0.3:
                    continue
                share = [(column + 0.22) / columns, (column + 0.78) / columns]
                points = wall_quad(quad, share, [storey * (floor + 0.3), storey * (floor + 0.82)])
                colour = warm[int(chance.integers(3))]
                fill(
                    canvas,
                    plan.view.outline(points),
                    tint(colour, float(chance.uniform(0.5, 1))),
                )
        if block.sign:
            front = wall_quad(quad, [0.03, 0.97], [0.2, 2.7])
            fill(canvas, plan.view.outline(front), (150.0, 200.0, 225.0))


def light_lamps(canvas: Canvas, plan: StreetPlan) -> Canvas:
    """Return the picture with a pool of light under every lamp."""
    height, width = canvas.shape[:2]
    light = np.zeros((height // 4, width // 4), np.float32)
    for x, z in plan.lamps:
        angles = np.linspace(0, 2 * np.pi, 20)
        pool = np.stack([x + 6 * np.cos(angles), 0 * angles, z + 6 * np.sin(angles)], axis=1)
        outline = plan.view.outline(pool)
        if outline is not None:
            cv2.fillPoly(light, [np.clip(outline / 4, -4000, 4000).astype(np.int32)], 1.0)
    soft = cv2.GaussianBlur(light, (0, 0), width / 90)
    gain = 1 + 1.5 * cv2.resize(soft, (width, height))[..., None]
    return np.asarray(np.clip(canvas * gain * (0.94, 1.0, 1.06), 0, 255), np.uint8)
