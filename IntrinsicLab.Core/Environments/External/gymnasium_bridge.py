"""The Python side of IntrinsicLab's bridge to Gymnasium environments; docs/gymnasium.md says what it speaks and why.

Needs the standard library alone. NumPy is used where the environment has imported it, Gymnasium where an id is to be looked up.
"""
import array
import difflib
import functools
import importlib
import importlib.util
import inspect
import json
import math
import os
import random
import signal
import struct
import sys
import threading
import time
import traceback

PROTOCOL = 1
MOST_ACTIONS = 4096
MOST_VALUES = 1 << 24
LONGEST_PICTURE_SIDE = 200
HEADER = struct.Struct("<IBI")
STEPPED = struct.Struct("<dB")
PIPE_BYTES = 1 << 20
THIS_FILE = "gymnasium_bridge.py"


class Fault(Exception):
    """Something that the bridge itself found wrong: the message says all, a traceback would say nothing."""


def numpy():
    """NumPy where the environment uses it; importing it for one that does not would only cost time."""
    return sys.modules.get("numpy")


# --- spaces -----------------------------------------------------------------------------------------------------------------------

REFUSED = {
    "Sequence": "Sequence spaces have no fixed size",
    "Graph": "Graph spaces have no fixed size",
    "Text": "Text spaces hold words, not numbers",
    "OneOf": "OneOf spaces change their kind from one element to the next",
}
KNOWN = ("Box", "Discrete", "MultiBinary", "MultiDiscrete", "Dict", "Tuple")


def kind_of(space, path):
    # By name: Gymnasium's classes, their subclasses, and the like-named classes of environments that do without Gymnasium.
    for cls in type(space).__mro__:
        if cls.__name__ in REFUSED:
            raise Fault(f"{path}: {REFUSED[cls.__name__]}.")
        if cls.__name__ in KNOWN:
            return cls.__name__
    raise Fault(f"{path}: {type(space).__name__} is none of the spaces {', '.join(KNOWN)}.")


def is_array(value):
    return hasattr(value, "dtype") and hasattr(value, "shape")


def nested_shape(value):
    if is_array(value):
        return tuple(value.shape)
    if isinstance(value, (list, tuple, array.array)):
        inner = {nested_shape(each) for each in value}
        if len(inner) > 1:
            raise Fault("rows of different lengths")
        return (len(value),) + (inner.pop() if inner else ())
    return ()


def nested_values(value):
    if is_array(value):
        return value.ravel().tolist()
    if isinstance(value, (list, tuple, array.array)):
        return [leaf for each in value for leaf in nested_values(each)]
    return [value]


def product(shape):
    result = 1
    for extent in shape:
        result *= int(extent)
    return result


def bounds_of(space, shape, path):
    def flat(bound):
        values = [float(value) for value in nested_values(bound)]
        if len(values) == 1:
            values = values * product(shape)
        if len(values) != product(shape):
            raise Fault(f"{path}: the bounds have {len(values)} values where the shape {list(shape)} has {product(shape)}.")
        return values

    low, high = flat(space.low), flat(space.high)
    if any(not below <= above for below, above in zip(low, high)):
        raise Fault(f"{path}: a lower bound lies above its upper bound, or is no number.")
    return low, high


def shape_of(space, values):
    shape = getattr(space, "shape", None)
    return tuple(int(extent) for extent in (shape if shape is not None else nested_shape(values)))


def children_of(space, kind, path):
    if kind == "Dict":
        return [(key, child, f"{path}.{key}") for key, child in space.spaces.items()]
    return [(index, child, f"{path}[{index}]") for index, child in enumerate(space.spaces)]


def whole(value, path):
    if is_array(value) and value.shape == ():
        value = value.item()
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if not isinstance(value, int):
        raise Fault(f"{path} is {shown(value)}, not a whole number.")
    return value


def shown(value):
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


class Observation:
    """How a space of observations becomes a flat list of float32 values."""

    def __init__(self, space, path="observation"):
        self.path = path
        self.kind = kind_of(space, path)
        if self.kind == "Box":
            self.shape = shape_of(space, space.low)
            self.size = product(self.shape)
            self.low, self.high = bounds_of(space, self.shape, path)
        elif self.kind in ("Dict", "Tuple"):
            children = children_of(space, self.kind, path)
            if self.kind == "Dict" and is_goal(space):
                # The order of the lab's goal layout: state, wanted goal, achieved goal.
                order = ("observation", "desired_goal", "achieved_goal")
                children.sort(key=lambda child: order.index(child[0]))
            self.children = [(key, Observation(child, place)) for key, child, place in children]
            self.size = sum(child.size for _, child in self.children)
            self.shape = (self.size,)
            self.low = [value for _, child in self.children for value in child.low]
            self.high = [value for _, child in self.children for value in child.high]
        else:
            if self.kind == "Discrete":
                self.counts, self.starts, self.value_shape = [int(space.n)], [int(getattr(space, "start", 0))], ()
            elif self.kind == "MultiDiscrete":
                self.counts = [int(count) for count in nested_values(space.nvec)]
                self.value_shape = nested_shape(space.nvec)
                self.starts = starts_of(space, self.counts)
            else:
                self.value_shape = binary_shape(space)
                self.counts = [2] * product(self.value_shape)
                self.starts = [0] * len(self.counts)
            # A binary value is its own one-hot code.
            self.size = len(self.counts) if self.kind == "MultiBinary" else sum(self.counts)
            self.shape = (self.size,)
            self.low, self.high = [0.0] * self.size, [1.0] * self.size
        if not 1 <= self.size <= MOST_VALUES:
            raise Fault(f"{path}: {self.size} values are not 1 to {MOST_VALUES}.")

    def parts(self):
        if self.kind in ("Dict", "Tuple"):
            return [part for _, child in self.children for part in child.parts()]
        return [(self.path, self.size)]

    def encode(self, value):
        if self.kind == "Box":
            return self.encode_box(value)
        if self.kind in ("Dict", "Tuple"):
            try:
                return b"".join([child.encode(value[key]) for key, child in self.children])
            except (KeyError, IndexError, TypeError) as error:
                raise Fault(f"{self.path} is {shown(value)}, which lacks a part of its space ({type(error).__name__}: {error}).") from None
        return self.encode_whole(value)

    def encode_box(self, value):
        np = numpy()
        if np is not None:
            given = np.asarray(value)
            if given.dtype.char == "f" and given.dtype.isnative and given.shape == self.shape:
                return given.tobytes()
            if given.shape != self.shape:
                raise Fault(f"{self.path} has the shape {list(given.shape)}, but its space {list(self.shape)}.")
            if given.dtype.kind not in "fiub":
                raise Fault(f"{self.path} is {shown(value)}, which holds values that are no numbers.")
            with np.errstate(over="ignore"):
                return given.astype("<f4").tobytes()
        if type(value) is list and len(value) == self.size and len(self.shape) == 1:
            try:
                return array.array("f", value).tobytes()
            except (TypeError, OverflowError):
                pass  # What is wrong is found below.
        try:
            given = nested_shape(value)
            if given == self.shape:
                return array.array("f", nested_values(value)).tobytes()
        except Fault as fault:
            raise Fault(f"{self.path} has {fault}.") from None
        except TypeError:
            raise Fault(f"{self.path} is {shown(value)}, which holds values that are no numbers.") from None
        except OverflowError:
            raise Fault(f"{self.path} is {shown(value)}, which holds values too large for 32-bit floats.") from None
        raise Fault(f"{self.path} has the shape {list(given)}, but its space {list(self.shape)}.")

    def encode_whole(self, value):
        values = [value] if self.kind == "Discrete" else nested_values(value)
        if self.kind != "Discrete" and nested_shape(value) != self.value_shape:
            raise Fault(f"{self.path} has the shape {list(nested_shape(value))}, but its space {list(self.value_shape)}.")
        code = array.array("f", bytes(4 * self.size))
        offset = 0
        for given, count, start in zip(values, self.counts, self.starts):
            index = whole(given, self.path) - start
            if not 0 <= index < count:
                raise Fault(f"{self.path} is {shown(value)}, outside of its space: {start} to {start + count - 1}.")
            if self.kind == "MultiBinary":
                code[offset] = index
                offset += 1
            else:
                code[offset + index] = 1.0
                offset += count
        return code.tobytes()


class Action:
    """How the lab's flat action becomes an element of a space of actions."""

    def __init__(self, space, path="action"):
        self.kind = kind_of(space, path)
        self.children = []
        self.counts, self.low, self.high = [], [], []
        if self.kind == "Box":
            self.value_shape = shape_of(space, space.low)
            self.low, self.high = bounds_of(space, self.value_shape, path)
            if not all(map(math.isfinite, self.low + self.high)):
                raise Fault(f"{path}: a Box without bounds gives nothing to scale the exploration by; give it a finite low and high.")
            dtype = getattr(space, "dtype", None)
            self.dtype = dtype
            self.rounds = getattr(dtype, "kind", "f") in "iub" or dtype in (int, bool)
        elif self.kind in ("Dict", "Tuple"):
            self.children = [(key, Action(child, place)) for key, child, place in children_of(space, self.kind, path)]
            for _, child in self.children:
                self.counts += child.counts
                self.low += child.low
                self.high += child.high
        elif self.kind == "Discrete":
            self.counts, self.starts, self.value_shape = [int(space.n)], [int(getattr(space, "start", 0))], ()
        elif self.kind == "MultiDiscrete":
            self.counts = [int(count) for count in nested_values(space.nvec)]
            self.value_shape = nested_shape(space.nvec)
            self.starts = starts_of(space, self.counts)
        else:
            self.value_shape = binary_shape(space)
            self.counts = [2] * product(self.value_shape)
            self.starts = [0] * len(self.counts)
        if any(count < 1 for count in self.counts) or not (self.counts or self.low):
            raise Fault(f"{path}: there is nothing to choose from.")
        if path == "action":
            if self.counts and self.low:
                raise Fault(f"{path}: it mixes numbers to choose from (Discrete) with real ones (Box); policies do one or the other.")
            self.count = product(self.counts)
            if self.counts and self.count > MOST_ACTIONS:
                raise Fault(f"{path}: {self.count} combinations are too many for one choice; at most {MOST_ACTIONS} are.")

    def describe(self):
        if self.counts:
            return {"count": self.count}
        shape = self.value_shape if self.kind == "Box" and self.value_shape else (len(self.low),)
        return {"shape": list(shape), **packed_bounds(self.low, self.high)}

    def decode(self, values):
        if self.kind == "Discrete":
            index = self.starts[0] + int(values[0])
            return index if numpy() is None else numpy().int64(index)
        if self.counts:
            return self.build(iter(self.digits(int(values[0]))))
        return self.build(iter(values))

    def digits(self, index):
        # Mixed radix, the last place varying fastest.
        places = []
        for count in reversed(self.counts):
            index, place = divmod(index, count)
            places.append(place)
        return reversed(places)

    def build(self, values):
        if self.kind == "Dict":
            return {key: child.build(values) for key, child in self.children}
        if self.kind == "Tuple":
            return tuple(child.build(values) for _, child in self.children)
        np = numpy()
        if self.kind == "Box":
            own = [next(values) for _ in range(product(self.value_shape))]
            if self.rounds:
                own = [round(value) for value in own]
            if np is not None:
                return np.array(own, dtype=self.dtype if self.dtype is not None else "float32").reshape(self.value_shape)
            return nested(own, self.value_shape)
        own = [start + next(values) for start in self.starts]
        if self.kind == "Discrete":
            return own[0] if np is None else np.int64(own[0])
        if np is not None:
            return np.array(own, dtype="int8" if self.kind == "MultiBinary" else "int64").reshape(self.value_shape)
        return nested(own, self.value_shape)


def starts_of(space, counts):
    starts = getattr(space, "start", None)
    return [0] * len(counts) if starts is None else [int(start) for start in nested_values(starts)]


def binary_shape(space):
    return (int(space.n),) if isinstance(space.n, int) else tuple(int(extent) for extent in nested_values(space.n))


def is_goal(space):
    return set(space.spaces) == {"observation", "desired_goal", "achieved_goal"} and all(
        kind_of(child, key) == "Box" for key, child in space.spaces.items())


def nested(values, shape):
    if not shape:
        return values[0]
    if len(shape) == 1:
        return values
    step = product(shape[1:])
    return [nested(values[start:start + step], shape[1:]) for start in range(0, len(values), step)]


def packed_bounds(low, high):
    # JSON has no infinities: null stands for none. Equal bounds are told once.
    def packed(values):
        values = values[:1] if len(set(values)) == 1 else values
        return [value if math.isfinite(value) else None for value in values]

    return {"low": packed(low), "high": packed(high)}


# --- making an environment --------------------------------------------------------------------------------------------------------

def find(name):
    """What makes the environment, and whether it is Gymnasium's to look up."""
    target, colon, attribute = name.rpartition(":")
    if name.endswith(".py"):
        raise Fault(f"Say which class of the file is meant: {name}:Class.")
    if colon and target.endswith(".py"):
        return member(load_file(os.path.expanduser(target)), attribute, name), None
    if colon and all(part.isidentifier() for part in attribute.split(".")):
        try:
            return member(importlib.import_module(target), attribute, name), None
        except ModuleNotFoundError as error:
            if error.name is None or not (target + ".").startswith(error.name + "."):
                raise
            raise Fault(f"There is no module '{target}' for {sys.executable}: install it there, set PYTHONPATH, or name a file: "
                        f"/path/to/file.py:{attribute}.") from None
    return None, name


def load_file(path):
    if not os.path.isabs(path):
        raise Fault(f"Give the whole path: '{path}' would depend on where the lab was started.")
    if not os.path.isfile(path):
        raise Fault(f"There is no file '{path}'.")
    stem = os.path.splitext(os.path.basename(path))[0]
    if stem in sys.modules and getattr(sys.modules[stem], "__file__", None) == path:
        return sys.modules[stem]
    # The file's own folder is on the path, as when the file is run.
    if os.path.dirname(path) not in sys.path:
        sys.path.insert(0, os.path.dirname(path))
    if stem in sys.modules:
        stem = "intrinsiclab_" + stem
    spec = importlib.util.spec_from_file_location(stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[stem]
        raise
    return module


def member(module, attribute, name):
    found = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, [each for each in dir(found) if not each.startswith("_")], 1, 0.5)
            raise Fault(f"{name}: there is no '{part}' in {getattr(found, '__name__', found)}."
                        + (f" Did you mean '{near[0]}'?" if near else ""))
        found = getattr(found, part)
    if not callable(found):
        raise Fault(f"{name} is {shown(found)}, not a class or function that makes an environment.")
    return found


def gymnasium():
    try:
        return importlib.import_module("gymnasium")
    except ModuleNotFoundError as error:
        if error.name != "gymnasium":
            raise
        raise Fault(f"Gymnasium is not installed for {sys.executable}: run '{sys.executable} -m pip install gymnasium', or name another "
                    "interpreter as 'python'. A class of your own needs no Gymnasium: module:Class or /path/to/file.py:Class.") from None


def make(name, arguments):
    creator, registered = find(name)
    if registered is not None:
        lab = gymnasium()
        try:
            if ":" in name:
                importlib.import_module(name.split(":")[0])
            modes = modes_of(registered_creator(lab, name))
            return attempt(lambda more: lab.make(name, disable_env_checker=True, **{**arguments, **more}), arguments, modes)
        except lab.error.UnregisteredEnv as error:
            known = list(lab.registry)
            near = difflib.get_close_matches(name, known, 5, 0.5)
            raise Fault(f"Gymnasium knows no environment '{name}'. "
                        + (f"Near ones: {', '.join(near)}." if near else f"It knows {len(known)}.")
                        + " One of another package needs that package's module in 'import'. (" + str(error).splitlines()[0] + ")") from None
    modes = modes_of(creator)
    try:
        takes = inspect.signature(creator).parameters
        if "render_mode" not in takes and not any(each.kind == each.VAR_KEYWORD for each in takes.values()):
            modes = ()
    except (TypeError, ValueError):
        modes = ()
    return attempt(lambda more: creator(**{**arguments, **more}), arguments, modes)


def registered_creator(lab, name):
    entry = lab.spec(name).entry_point
    try:
        return lab.envs.registration.load_env_creator(entry) if isinstance(entry, str) else entry
    except Exception:
        return None  # Making it says why.


def modes_of(creator):
    metadata = getattr(creator, "metadata", None)
    return metadata.get("render_modes", ()) if isinstance(metadata, dict) else ()


def attempt(create, arguments, modes):
    if "render_mode" in arguments or "rgb_array" not in modes:
        return create({})
    try:
        return create({"render_mode": "rgb_array"})
    except Exception as error:
        # Pictures may need what a machine without a screen lacks; training does not.
        made = create({})
        log(f"made without pictures: {type(error).__name__}: {error}")
        return made


# --- Atari's games ----------------------------------------------------------------------------------------------------------------

FRAMES_PER_ACTION = 4
MOST_IDLE_FRAMES = 30
SMALL_SIDE = 84
IDLE, FIRE, NEXT = 0, 1, 2
GREY = (0.299, 0.587, 0.114)


class Box:
    """What the prepared game shows, told as other spaces are."""

    def __init__(self, low, high, shape):
        self.low, self.high, self.shape = low, high, shape


class Atari:
    """A game as its learners are used to see it: the steps of Mnih et al. 2015 in the order of OpenAI Baselines.

    Lost lives and the signs of rewards are the lab's wrappers' affair, and so are the last four observations together.
    """

    def __init__(self, environment, name):
        self.env = environment
        bare = getattr(environment, "unwrapped", environment)
        if not hasattr(bare, "get_action_meanings"):
            raise Fault(f"{name} is no Atari game: it has no get_action_meanings. Leave 'atari' out.")
        skipped = getattr(bare, "_frameskip", 1)
        if skipped != 1:
            raise Fault(f"{name} skips frames itself ({shown(skipped)}), which 'atari' does: add \"frameskip\": 1 to its arguments.")
        space = environment.observation_space
        if kind_of(space, "observation") != "Box" or len(shape_of(space, space.low)) not in (2, 3):
            raise Fault(f"{name} shows no pictures: 'atari' needs rows × columns × 3 or, in grey, rows × columns.")
        meanings = list(bare.get_action_meanings())
        self.fires = len(meanings) > NEXT and meanings[FIRE] == "FIRE"
        self.action_space = environment.action_space
        self.observation_space = Box(0.0, 1.0, (SMALL_SIDE, SMALL_SIDE, 1))
        self.lives = None
        self.spec = getattr(environment, "spec", None)
        self.metadata = getattr(environment, "metadata", None)
        self.render_mode = getattr(environment, "render_mode", None)

    def render(self):
        return self.env.render()

    def close(self):
        if hasattr(self.env, "close"):
            self.env.close()

    def reset(self, seed=None):
        frame, info = begun(self.env.reset(seed=seed))
        for _ in range(random.Random(seed).randint(1, MOST_IDLE_FRAMES)):
            frame, _, terminated, truncated, info = stepped(self.env.step(IDLE))
            if terminated or truncated:
                frame, info = begun(self.env.reset())
        frames = [frame]
        for action in (FIRE, NEXT) if self.fires else ():
            frames, _, terminated, truncated, info = self.hold(action)
            if terminated or truncated:
                frame, info = begun(self.env.reset())
                frames = [frame]
        self.lives = lives_in(info)
        return small(frames), info

    def step(self, action):
        frames, reward, terminated, truncated, info = self.hold(action)
        left = lives_in(info)
        # The next life waits for FIRE as the first did. Baselines presses it when the learner's next episode begins; nobody chooses
        # anything in between.
        if self.fires and None not in (left, self.lives) and 0 < left < self.lives:
            for pressed in (IDLE, FIRE, NEXT):
                if terminated or truncated:
                    break
                frames, more, terminated, truncated, info = self.hold(pressed)
                reward += more
            left = lives_in(info)
        # Some games count their last life down a few frames before they are over: that is one end, not two.
        if left != 0 or terminated or truncated:
            self.lives = left
        elif self.lives is not None:
            info = {**info, "lives": self.lives}
        return small(frames), reward, terminated, truncated, info

    def hold(self, action):
        """One action for as many frames as it lasts: the last two of them, and what they paid together."""
        frames, total = [], 0.0
        for _ in range(FRAMES_PER_ACTION):
            frame, reward, terminated, truncated, info = stepped(self.env.step(action))
            frames = frames[-1:] + [frame]
            total += number(reward)
            if terminated or truncated:
                break
        return frames, total, terminated, truncated, info


def small(frames):
    """The brighter of each pixel of the frames, in grey, shrunk to SMALL_SIDE × SMALL_SIDE by area, from 0 to 1 in steps of 1/255."""
    np = numpy()
    if np is not None:
        picture = np.maximum(frames[0], frames[-1])
        if picture.ndim == 3:
            picture = np.rint(picture @ np.array(GREY))
        rows, columns = (share_matrix(extent) for extent in picture.shape)
        return (np.rint(rows @ picture @ columns.T) / 255).astype("float32")[:, :, None]
    picture = brighter(frames[0], frames[-1])
    if isinstance(picture[0][0], (list, tuple)):
        picture = [[round(sum(part * weight for part, weight in zip(pixel, GREY))) for pixel in row] for row in picture]
    picture = [blended(picture, part) for part in shares(len(picture))]
    columns = [blended(list(zip(*picture)), part) for part in shares(len(picture[0]))]
    return [[[round(value) / 255] for value in row] for row in zip(*columns)]


def brighter(one, other):
    return [brighter(*pair) for pair in zip(one, other)] if isinstance(one, (list, tuple)) else max(one, other)


def blended(rows, part):
    first, parts = part
    return [sum(value * share for value, share in zip(column, parts)) for column in zip(*rows[first:first + len(parts)])]


@functools.lru_cache(maxsize=None)
def shares(extent):
    """What each of SMALL_SIDE equal parts of a side takes: the first of its pixels, and the share of that and of those after it."""
    parts = []
    for part in range(SMALL_SIDE):
        begin, end = part * extent, (part + 1) * extent  # A pixel is SMALL_SIDE long.
        first, beyond = begin // SMALL_SIDE, -(-end // SMALL_SIDE)
        inside = (min(end, (pixel + 1) * SMALL_SIDE) - max(begin, pixel * SMALL_SIDE) for pixel in range(first, beyond))
        parts.append((first, tuple(length / extent for length in inside)))
    return tuple(parts)


@functools.lru_cache(maxsize=None)
def share_matrix(extent):
    matrix = numpy().zeros((SMALL_SIDE, extent))
    for row, (first, parts) in zip(matrix, shares(extent)):
        row[first:first + len(parts)] = parts
    return matrix


# --- one environment --------------------------------------------------------------------------------------------------------------

class Slot:
    """One environment."""

    def __init__(self, request):
        for module in request["import"]:
            importlib.import_module(module)
        self.name = request["environment"]
        self.environment = make(self.name, request["arguments"])
        for attribute in ("reset", "step", "observation_space", "action_space"):
            if not hasattr(self.environment, attribute):
                raise Fault(f"{self.name} is no environment: it has no {attribute}.")
        if request.get("atari"):
            self.environment = Atari(self.environment, self.name)
        self.observation = Observation(self.environment.observation_space)
        self.action = Action(self.environment.action_space)
        self.floats = struct.Struct(f"<{1 if self.action.counts else len(self.action.low)}f")
        self.draws = getattr(self.environment, "render_mode", None) in ("rgb_array", "rgb_array_list")
        self.lives = None

    def describe(self):
        shape = self.observation.shape or (1,)
        registered = getattr(self.environment, "spec", None)
        metadata = getattr(self.environment, "metadata", None)
        fps = metadata.get("render_fps") if isinstance(metadata, dict) else None
        frames = FRAMES_PER_ACTION if isinstance(self.environment, Atari) else 1
        limit = positive(getattr(registered, "max_episode_steps", None))
        space = self.environment.observation_space
        goal = self.observation.kind == "Dict" and is_goal(space)
        sizes = {key: child.size for key, child in self.observation.children} if goal else {}
        goal = goal and sizes["desired_goal"] == sizes["achieved_goal"]
        return {
            "observation": {
                "shape": list(shape), **packed_bounds(self.observation.low, self.observation.high), "parts": self.observation.parts()},
            "action": self.action.describe(),
            "goal": [sizes["observation"], sizes["desired_goal"]] if goal else None,
            "timeLimit": -(-limit // frames) if limit else None,
            "solvedAt": finite(getattr(registered, "reward_threshold", None)),
            "secondsPerStep": frames / fps if positive(fps) else None,
            "pictures": self.draws,
        }

    def files(self):
        found = set()
        for layer in layers(self.environment):
            path = getattr(sys.modules.get(type(layer).__module__), "__file__", None)
            if path:
                found.add(os.path.abspath(path))
        return sorted(found)

    def reset(self, seed):
        observation, info = begun(self.environment.reset(seed=seed))
        self.lives = lives_in(info)
        return self.observation.encode(observation)

    def step(self, payload):
        observation, reward, terminated, truncated, info = stepped(self.environment.step(self.action.decode(self.floats.unpack(payload))))
        before, self.lives = self.lives, lives_in(info)
        lost = None not in (before, self.lives) and self.lives < before
        flags = flag(terminated, "terminated") | flag(truncated, "truncated") << 1 | lost << 2
        return STEPPED.pack(number(reward), flags) + self.observation.encode(observation)

    def picture(self):
        frame = self.environment.render()
        if isinstance(frame, list) and self.environment.render_mode == "rgb_array_list":
            frame = frame[-1] if frame else None
        return b"" if frame is None else shrunk(frame)


def begun(result):
    if not (isinstance(result, tuple) and len(result) == 2):
        raise Fault(f"reset returned {shown(result)} where (observation, info) belongs.")
    return result


def stepped(result):
    if not (isinstance(result, tuple) and len(result) == 5):
        count = f"{len(result)} values" if isinstance(result, tuple) else shown(result)
        raise Fault(f"step returned {count} where (observation, reward, terminated, truncated, info) belong.")
    return result


def lives_in(info):
    # As Atari's games tell them.
    lives = info.get("lives") if isinstance(info, dict) else None
    return int(lives) if isinstance(lives, int) or is_array(lives) and lives.shape == () else None


def layers(environment):
    while environment is not None:
        yield environment
        environment = getattr(environment, "env", None)


def positive(value):
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 else None


def finite(value):
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def number(reward):
    if type(reward) is float:
        return reward
    if is_array(reward) and reward.shape == ():
        reward = reward.item()
    if not isinstance(reward, (int, float)):
        raise Fault(f"the reward is {shown(reward)}, not a number.")
    return float(reward)


def flag(value, name):
    if value is True or value is False:
        return int(value)
    if is_array(value) and value.shape == ():
        value = value.item()
    if not isinstance(value, (bool, int)):
        raise Fault(f"{name} is {shown(value)}, neither True nor False.")
    return int(bool(value))


def shrunk(frame):
    """A picture as columns, rows and bytes, its long side at most LONGEST_PICTURE_SIDE."""
    shape = nested_shape(frame)
    if len(shape) != 3 or shape[2] != 3:
        raise Fault(f"render returned a picture of the shape {list(shape)} where [rows, columns, 3] belongs.")
    stride = -(-max(shape[0], shape[1]) // LONGEST_PICTURE_SIDE)
    rows, columns = shape[0] // stride, shape[1] // stride
    np = numpy()
    if np is not None:
        blocks = np.asarray(frame)[:rows * stride, :columns * stride].reshape(rows, stride, columns, stride, 3)
        pixels = blocks.mean(axis=(1, 3)).astype("uint8").tobytes()
    else:
        pixels = bytes(value for row in frame[:rows * stride:stride] for pixel in row[:columns * stride:stride] for value in pixel)
    return struct.pack("<II", columns, rows) + pixels


# --- saving and loading -----------------------------------------------------------------------------------------------------------

def set_attributes(target, attributes):
    target.__dict__.update(attributes)


def pickled(state, with_generators):
    import copyreg
    import io
    import pickle
    try:
        from cloudpickle import CloudPickler as Pickler
    except ImportError:
        from pickle import Pickler

    class WholePickler(Pickler):
        def reducer_override(self, target):
            # Gymnasium's EzPickle keeps only what the constructor was given: the copy would stand at its start. Its attributes are wanted.
            if not isinstance(target, type) and any(cls.__name__ == "EzPickle" for cls in type(target).__mro__):
                return copyreg.__newobj__, (type(target),), dict(target.__dict__), None, None, set_attributes
            inherited = getattr(super(), "reducer_override", None)
            return inherited(target) if inherited is not None else NotImplemented

    generators = None
    if with_generators:
        np = numpy()
        generators = (random.getstate(), None if np is None else np.random.get_state())
    output = io.BytesIO()
    WholePickler(output, pickle.HIGHEST_PROTOCOL).dump((state, generators))
    return output.getvalue()


def unpickled(content):
    import pickle
    state, generators = pickle.loads(content)
    if generators is not None:
        random.setstate(generators[0])
        if generators[1] is not None:
            importlib.import_module("numpy").random.set_state(generators[1])
    return state


# --- the conversation -------------------------------------------------------------------------------------------------------------

def log(text):
    print(text, file=sys.stderr, flush=True)


def explained(error):
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == THIS_FILE:
        frames = frames.tb_next
    lines = traceback.format_exception(type(error), error, frames)
    return {"message": lines[-1].strip(), "traceback": "".join(lines).rstrip()}


class Bridge:
    def __init__(self):
        self.slots = {}
        self.seeded = False
        self.told_about_pictures = False

    def answer(self, kind, index, payload):
        if kind == b"S":
            return self.slots[index].step(payload)
        if kind == b"R":
            return self.reset(self.slots[index], *struct.unpack("<Q", payload))
        if kind == b"M":
            request = json.loads(payload)
            if request["protocol"] != PROTOCOL:
                raise Fault(f"The lab speaks version {request['protocol']} of the protocol, this script version {PROTOCOL}.")
            slot = self.slots[index] = Slot(request)
            return json.dumps({"spec": slot.describe(), "about": about(), "files": slot.files()}).encode()
        if kind == b"P":
            return self.picture(self.slots[index])
        if kind == b"D":
            try:
                return b"\1" + pickled((self.slots[index].environment, self.slots[index].lives), with_generators=index == min(self.slots))
            except Exception as error:
                return b"\0" + f"{type(error).__name__}: {error}".encode()
        if kind == b"L":
            try:
                self.slots[index].environment, self.slots[index].lives = unpickled(payload)
                self.seeded = True
                return b"\1"
            except Exception as error:
                return b"\0" + f"{type(error).__name__}: {error}".encode()
        if kind == b"C":
            environment = self.slots.pop(index).environment
            if hasattr(environment, "close"):
                environment.close()
            return b""
        raise Fault(f"There is no message {kind!r}.")

    def reset(self, slot, seed):
        if not self.seeded:
            # For environments that draw from the global generators instead of their own.
            self.seeded = True
            random.seed(seed)
            if numpy() is not None:
                numpy().random.seed(seed)
        return slot.reset(seed)

    def picture(self, slot):
        try:
            return slot.picture() if slot.draws else b""
        except Exception as error:
            if not self.told_about_pictures:
                self.told_about_pictures = True
                log(f"{slot.name} cannot be drawn: {explained(error)['message']}")
            return b""

    def reply(self, kind, index, payload):
        try:
            return kind, self.answer(kind, index, payload)
        except Fault as fault:
            error = {"message": str(fault), "traceback": ""}
        except SystemExit as stop:
            error = {"message": f"it called sys.exit({'' if stop.code is None else stop.code}).", "traceback": explained(stop)["traceback"]}
        except Exception as thrown:
            error = explained(thrown)
        return b"E", json.dumps(error).encode()

    def talk(self, incoming, outgoing):
        send(outgoing, frame(b"H", 0, json.dumps({"protocol": PROTOCOL}).encode()))
        received = bytearray()
        while True:
            chunk = os.read(incoming, PIPE_BYTES)
            if not chunk:
                break
            received += chunk
            position, answers, pending = 0, [], 0
            while len(received) - position >= HEADER.size:
                length, kind, index = HEADER.unpack_from(received, position)
                if len(received) - position < HEADER.size + length:
                    break
                begin = position + HEADER.size
                position = begin + length
                kind, answer = self.reply(bytes((kind,)), index, bytes(received[begin:position]))
                answers.append(frame(kind, index, answer))
                pending += len(answer)
                # All answers to what was received go at once, unless they are large: then the lab may begin to read.
                if pending > 1 << 16:
                    send(outgoing, b"".join(answers))
                    answers, pending = [], 0
            del received[:position]
            if answers:
                send(outgoing, b"".join(answers))
        for slot in self.slots.values():
            if hasattr(slot.environment, "close"):
                slot.environment.close()


def frame(kind, index, payload):
    return HEADER.pack(len(payload), kind[0], index) + payload


def send(outgoing, content):
    view = memoryview(content)
    while view:
        view = view[os.write(outgoing, view):]


def about():
    versions = [f"Python {'.'.join(map(str, sys.version_info[:3]))}"]
    for module, name in (("gymnasium", "Gymnasium"), ("numpy", "NumPy")):
        if module in sys.modules:
            versions.append(f"{name} {getattr(sys.modules[module], '__version__', '')}".strip())
    return ", ".join(versions)


def end_with_parent():
    """The process must not outlive the lab's, even while an environment hangs."""
    try:
        import ctypes
        if sys.platform == "linux" and ctypes.CDLL(None).prctl(1, signal.SIGKILL) == 0:  # PR_SET_PDEATHSIG
            return
    except Exception:
        pass
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def keep_signals_out(incoming, outgoing):
    # Ctrl+C in a terminal, or a service that stops, signals the whole group; the lab decides when this process ends. Handlers, not
    # SIG_IGN: programs that an environment starts would inherit that.
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), lambda *_: None) for name in names}

    def in_child():
        for name in names:
            signal.signal(getattr(signal, name), before[name])
        os.close(incoming)
        os.close(outgoing)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=in_child)


def main():
    incoming, outgoing = os.dup(0), os.dup(1)
    # What an environment prints goes to standard error, and it finds no input.
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.argv[:] = [""]
    end_with_parent()
    keep_signals_out(incoming, outgoing)
    try:
        import fcntl
        fcntl.fcntl(outgoing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        pass
    try:
        Bridge().talk(incoming, outgoing)
    except BrokenPipeError:
        pass
