"""Which color and dash is which policy."""

from collections.abc import Sequence

import numpy as np

from analysis.report.markup import Markup, tag

__all__ = ["policy_class", "policy_legend", "policy_mark"]

# In page.css: gray for the reference, then as many colors.
COLORS = 6
# Around a place: circle, circle, square, triangle, diamond, triangle on its head, cross.
_CIRCLE = "m-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z"
SHAPES = (
    _CIRCLE,
    _CIRCLE,
    "m-4.5,-4.5h9v9h-9z",
    "m0,-5.5l5.5,9.5h-11z",
    "m0,-6l6,6l-6,6l-6,-6z",
    "m0,5.5l5.5,-9.5h-11z",
    "m-2,-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",
)


def policy_class(place: int) -> str:
    """Color of the policy at a position of the store; colors repeat, paler, so that names stand beside them."""
    if place == 0:
        return "p0"
    return f"p{1 + (place - 1) % COLORS}{' again' if place > COLORS else ''}"


def policy_legend(names: Sequence[str], marks: bool = False) -> Markup:
    """A list of policies beside their lines, or marks."""
    items = [tag("li", _sample(place, marks), name) for place, name in enumerate(names)]
    return tag("ul", *items, class_="legend")


def _sample(place: int, marks: bool) -> Markup:
    shape = policy_mark(place, 13, 6) if marks else f'<path class="{policy_class(place)} curve" d="M1,6H25"/>'
    return Markup(f'<svg class="sample" viewBox="0 0 26 12" aria-hidden="true">{shape}</svg>')


def policy_mark(place: int, x: float, y: float) -> Markup:
    """The mark of the policy at a position of the store: another shape for each color."""
    if not (np.isfinite(x) and np.isfinite(y)):
        return Markup("")
    shape = SHAPES[0 if place == 0 else 1 + (place - 1) % COLORS]
    return Markup(f'<path class="{policy_class(place)} point" d="M{x:.1f},{y:.1f}{shape}"/>')
