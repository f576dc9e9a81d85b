"""Which layer of a network shows maps, and how they are laid out, told from one forward pass."""

from collections.abc import Callable, Hashable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.layer_layout import LayerLayout, Layout, Surroundings, read_as, readings
from xaivision.core.layers import Layer, watching
from xaivision.core.metering import unmetered
from xaivision.core.structure import module_structure

# Layers that cannot work on any other layout. Exactly these classes: those derived from them may permute first.
CHANNELS_LAST = (nn.Linear, nn.LayerNorm)
CHANNELS_FIRST = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._BatchNorm,
    nn.modules.instancenorm._InstanceNorm,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.GroupNorm,
    nn.Upsample,
    nn.PixelShuffle,
    nn.PixelUnshuffle,
)
# Layers that give their output the layout of their input.
ELEMENTWISE = (
    nn.Identity,
    nn.modules.dropout._DropoutNd,
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.ELU,
    nn.SiLU,
    nn.GELU,
    nn.Hardswish,
    nn.Mish,
    nn.Sigmoid,
    nn.Hardsigmoid,
    nn.Tanh,
    nn.Softplus,
)
REMEDY = "Name another layer, or use a gradient or perturbation method."


# One forward pass of a picture (1, C, H, W).
Run = Callable[[Tensor], object]


@dataclass(frozen=True)
class MapLayer:
    """A layer whose output is maps, and how they are laid out; `layout` is None where the layer is not called."""

    layer: Layer
    layout: LayerLayout | None


@dataclass(frozen=True)
class Call:
    """One call of a module that gave a tensor with the batch first (or a tuple of which the first is one).

    `shape` of the output, None where there is no such tensor. `known`: the layout that the module's class implies.
    `again`: it is the very tensor that the map before it was, unchanged since. `follows`: it worked on that very tensor,
    element by element. `alone`: the output is that tensor, no tuple.
    """

    layer: Layer
    module: nn.Module
    shape: tuple[int, ...] | None
    known: Layout | None
    again: bool = False
    follows: bool = False
    alone: bool = True

    @property
    def is_leaf(self) -> bool:
        return not any(self.module.children())


def layer_name(module: nn.Module, layer: object) -> str | None:
    """The name of a layer that is given by its name, or as the submodule itself; None for None.

    Raises: InputError, where it is neither.
    """
    if layer is None or isinstance(layer, str):
        return layer
    if not isinstance(layer, nn.Module):
        raise InputError(
            f"`layer` must be the name of a submodule, such as 'layer4', or the submodule itself. Got {layer!r}. "
            "Names are those of `named_modules()`."
        )
    names: list[str] = [name for name, part in module.named_modules() if part is layer and name]
    if not names:
        raise InputError(
            f"`layer` must be a submodule of the model that is explained. Got {type(layer).__name__}, which is none of it. "
            "Take it from the same model, or give its name."
        )
    return names[0]


def map_layer(module: nn.Module, name: str | None, layout: Layout | None, picture: Tensor, run: Run) -> MapLayer:
    """The named layer, or the one by which a network like this is best explained, told from `run(picture)` on one (1, C, H, W).

    Without a name: the last map that the network makes. Where it works on tokens after that, the last normalization before
    the last attention: behind it only a class token may reach the score, and the other tokens would get no gradient. It is
    looked at once for a module and a shape of pictures, and is no method's cost.

    Raises: UnknownNameError, where there is no such layer; InputError, where its output is no map, or can be read in two ways.
    """
    question = (name, layout, tuple(picture.shape[1:]), module_structure(module))
    known = _known.get(module)
    if known is None or known[0] != question:
        known = (question, _looked_for(module, name, layout, picture, run))
        _known[module] = known
    return known[1]


def _looked_for(module: nn.Module, name: str | None, layout: Layout | None, picture: Tensor, run: Run) -> MapLayer:
    names = {known for known, _ in module.named_modules() if known}
    if name is not None and name not in names:
        raise UnknownNameError("layer of this model", name, names)
    with unmetered():
        scores: list[object] = []
        calls = traced(module, names, lambda: scores.append(run(picture)))
    sides = (int(picture.shape[2]), int(picture.shape[3]))
    if name is None:
        with unmetered():
            calls = _until_the_score(module, calls, scores[0], partial(run, picture))
    found = _by_default(calls, sides, layout) if name is None else _named(calls, name, sides, layout)
    if found.layout is not None and found.layout.leading:
        with unmetered():
            _check_leading(module, names, found.layout, (picture, 1 - picture), run)
    return found


def _until_the_score(module: nn.Module, calls: list[Call], before: object, run: Callable[[], object]) -> list[Call]:
    """The calls without those of maps at the end that the scores do not hang on, such as an auxiliary head's.

    Another output is put in the place of the last map, of the one before it where that changes no score, and so on.
    """
    for number in reversed(range(len(calls))):
        call = calls[number]
        if call.shape is None or len(call.shape) not in (3, 4) or not call.alone or (call.again and not call.is_leaf):
            continue
        with watching(module, {call.layer.name}, partial(_replaced, call.layer)):
            after = _scores(run)
        if not _equal(before, after):
            return [*calls[: number + 1], *(one for one in calls[number + 1 :] if one.shape is None or len(one.shape) < 3)]
    return calls  # nothing moves the scores: a saturated or a constant model, of which another look tells


def _replaced(wanted: Layer, called: Layer, output: Any) -> Any:
    """Another output: larger, of the other sign, and not the same at any two places."""
    if called != wanted or not output.is_floating_point():
        return None
    return 1 - 2 * output + torch.linspace(-1, 1, output.numel(), dtype=output.dtype, device=output.device).view(output.shape)


def _scores(run: Callable[[], object]) -> object:
    with torch.inference_mode(False), torch.no_grad():
        return run()


def _equal(before: object, after: object) -> bool:
    return isinstance(before, Tensor) and isinstance(after, Tensor) and torch.equal(before, after)


def _check_leading(module: nn.Module, names: set[str], layout: LayerLayout, pictures: tuple[Tensor, Tensor], run: Run) -> None:
    """Where the tokens are first met, those of no position are the ones that are the same for every picture.

    Raises: InputError, where others than the leading ones are: every position would be read one place off.
    """
    before, after = (_first_tokens(module, names, layout, partial(run, picture)) for picture in pictures)
    if before is None or after is None:
        return
    same = (before == after).all(-1).squeeze(0)
    if int(same.sum()) == layout.leading and not bool(same[: layout.leading].all()):
        raise InputError(
            f"`layer` must name a layer whose leading tokens belong to no position. Here token {int(same.nonzero()[0])} of "
            f"{len(same)} does, which stands behind the positions. {REMEDY}"
        )


def _first_tokens(module: nn.Module, names: set[str], layout: LayerLayout, run: Callable[[], object]) -> Tensor | None:
    """(1, N, C) the first output that has as many tokens as this layout."""
    met: list[Tensor] = []
    tokens = layout.leading + layout.height * layout.width

    def note(_layer: Layer, output: Any) -> None:
        if not met and isinstance(output, Tensor) and output.ndim == 3 and output.shape[1] == tokens:
            met.append(output.detach().clone())

    with watching(module, names, note), torch.inference_mode(False), torch.no_grad():
        run()
    return met[0] if met else None


def traced(module: nn.Module, names: set[str], run: Callable[[], object]) -> list[Call]:
    """Every call of these submodules in `run()`, in the order in which they are done."""
    parts = dict(module.named_modules())
    calls: list[Call] = []
    last_map: list[tuple[Tensor, int]] = []
    follows: set[nn.Module] = set()

    def look(part: nn.Module, given: tuple[Any, ...]) -> None:
        if given and any(given[0] is one for one, _ in last_map):
            follows.add(part)

    def note(layer: Layer, output: Any) -> None:
        first = output[0] if isinstance(output, tuple | list) and output else output
        tensor = first if isinstance(first, Tensor) and first.ndim > 1 and first.shape[0] == 1 else None
        again = tensor is not None and any(tensor is one and _version(one) == version for one, version in last_map)
        if tensor is not None and tensor.ndim == 4:
            last_map[:] = [(tensor, _version(tensor))]
        part = parts[layer.name]
        shape = None if tensor is None else tuple(tensor.shape)
        calls.append(Call(layer, part, shape, _implied(part, shape), again, part in follows, alone=tensor is output))
        follows.discard(part)

    elementwise = (part for part in parts.values() if isinstance(part, ELEMENTWISE))
    with ExitStack() as hooks, watching(module, names, note), torch.inference_mode(False), torch.no_grad():
        for part in elementwise:
            hooks.callback(part.register_forward_pre_hook(look).remove)
        run()
    return calls


# For each module its last question. Gone with the module, and not used once a part or a setting of it has changed.
_known: "WeakKeyDictionary[nn.Module, tuple[Hashable, MapLayer]]" = WeakKeyDictionary()


def _version(tensor: Tensor) -> int:
    """How often it was written on: a block may add its input to what its last part gave, in place."""
    return -1 if tensor.is_inference() else tensor._version


def _implied(part: nn.Module, shape: tuple[int, ...] | None) -> Layout | None:
    if shape is None or len(shape) not in (3, 4):
        return None
    if type(part) in CHANNELS_LAST:
        return "channels_last" if len(shape) == 4 else "tokens"
    return "channels_first" if isinstance(part, CHANNELS_FIRST) else None


def _named(calls: list[Call], name: str, picture: tuple[int, int], layout: Layout | None) -> MapLayer:
    own = [number for number, call in enumerate(calls) if call.layer.name == name]
    if not own:
        return MapLayer(Layer(name), None)
    call, around = calls[own[-1]], surroundings(calls, own[-1], picture)
    if call.shape is None or not call.alone:
        raise InputError(f"`layer` must name a layer whose output is one tensor, the batch first. `{name}` gives another thing.")
    if layout is not None:
        found = read_as(layout, call.shape, around)
        if found is None:
            raise InputError(f"`layout` {layout!r} does not fit the layer `{name}`, whose output is of shape {_shown(call)}.")
        return MapLayer(call.layer, found)
    return MapLayer(call.layer, _only(readings(call.shape, around), call))


def _only(found: list[LayerLayout], call: Call) -> LayerLayout:
    """Raises: InputError, where there is no reading, or more than one."""
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            f"The output of the layer `{call.layer.name}`, of shape {_shown(call)}, can be read as {found[0].kind} or as "
            f"{found[1].kind}. Say which with `layout`."
        )
    raise InputError(
        "`layer` must name a layer whose output is a map (B, C, h, w), (B, h, w, C), or tokens (B, N, C) that stand for the "
        f"places of a grid. `{call.layer.name}` gives shape {_shown(call)}. {REMEDY} Where it is a map, say so with `layout`."
    )


def surroundings(calls: list[Call], number: int, picture: tuple[int, int]) -> Surroundings:
    """What the pass has shown about the output of this call."""
    call = calls[number]
    made = [one for one in calls[: number + 1] if one.shape is not None and len(one.shape) == 4 and _is_convolution(one)]
    patches = made[-1].shape[2:] if made and made[-1].shape is not None else None
    tokens = frozenset(one.shape[1] for one in calls if one.known == "tokens" and one.shape is not None)
    return Surroundings(
        picture,
        None if patches is None else (patches[0], patches[1]),
        tokens,
        _known_layouts(calls, number),
        windows=any(call.layer.name.startswith(f"{one.layer.name}.") for one in calls if _has_windows(one)),
    )


def _known_layouts(calls: list[Call], number: int) -> frozenset[Layout]:
    """The layouts that layers of a known kind gave to outputs of the same shape.

    Where all sides are equal the shape tells nothing: a movement of its axes would not be seen. There only the call's own
    kind counts, or that of the map before it where it works on that very map.
    """
    call = calls[number]
    if call.known is not None:
        return frozenset({call.known})
    if call.shape is not None and len(call.shape) == 4 and len(set(call.shape[1:])) == 1:
        maps = [place for place in range(number) if (shape := calls[place].shape) is not None and len(shape) == 4]
        return _known_layouts(calls, maps[-1]) if maps and (call.again or call.follows) else frozenset()
    return frozenset(one.known for one in calls if one.shape == call.shape and one.known is not None)


def _by_default(calls: list[Call], picture: tuple[int, int], layout: Layout | None) -> MapLayer:
    found = _last_map(calls, picture, layout)
    after = 0 if found is None else found[0] + 1
    if any(_works_on_tokens(call) for call in calls[after:]) and layout in (None, "tokens"):
        return _last_tokens(calls, after, picture)
    if found is None:
        raise InputError(
            "`layer` must name a layer whose output is a map (B, C, h, w). This model has none, so class activation "
            "maps have no meaning for it. Use a gradient or perturbation method."
        )
    return MapLayer(calls[found[0]].layer, found[1])


def _last_map(calls: list[Call], picture: tuple[int, int], layout: Layout | None) -> tuple[int, LayerLayout] | None:
    """Raises: InputError, where the last one can be read in two ways."""
    for number in reversed(range(len(calls))):
        call = calls[number]
        # A container gives what its last part gave: that part is the one to name.
        if call.shape is None or len(call.shape) != 4 or not call.alone or (call.again and not call.is_leaf):
            continue
        around = surroundings(calls, number, picture)
        given = None if layout is None else read_as(layout, call.shape, around)
        found = readings(call.shape, around) if layout is None else [given] if given is not None else []
        if found:
            return number, _only(found, call)
    return None


def _works_on_tokens(call: Call) -> bool:
    return call.known is not None and call.shape is not None and len(call.shape) == 3 and call.shape[1] > 1


def _last_tokens(calls: list[Call], after: int, picture: tuple[int, int]) -> MapLayer:
    """Raises: InputError, where no normalization of tokens that form a grid is found."""
    attentions = [number for number, call in enumerate(calls) if number >= after and _is_attention(call)]
    end = attentions[-1] if attentions else len(calls)
    inside = f"{calls[end].layer.name}." if attentions else None
    for number in reversed(range(after, end)):
        call = calls[number]
        if isinstance(call.module, nn.LayerNorm) and not (inside and call.layer.name.startswith(inside)):
            found = [] if call.shape is None else readings(call.shape, surroundings(calls, number, picture))
            if len(found) == 1 and found[0].kind == "tokens":
                return MapLayer(call.layer, found[0])
    raise InputError(
        "`layer` must name a layer. This model works on tokens after its last map, and no layer norm was found whose tokens "
        f"stand for the places of a grid. {REMEDY}"
    )


def _is_attention(call: Call) -> bool:
    return any(word in type(call.module).__name__.lower() for word in ("attention", "attn"))


def _has_windows(call: Call) -> bool:
    return any(word in type(call.module).__name__.lower() for word in ("window", "partition"))


def _is_convolution(call: Call) -> bool:
    return isinstance(call.module, nn.modules.conv._ConvNd)


def _shown(call: Call) -> str:
    return str(call.shape)
