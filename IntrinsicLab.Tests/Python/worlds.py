"""Environments for the tests of the bridge: Gymnasium's interface, the standard library alone."""
import math
import os
import random
import sys
import time


class Box:
    def __init__(self, low, high, shape=None):
        self.low, self.high = low, high
        self.shape = shape if shape is not None else (len(low),)


class Discrete:
    def __init__(self, n, start=0):
        self.n, self.start = n, start


class MultiDiscrete:
    def __init__(self, nvec, start=None):
        self.nvec, self.start = nvec, start


class MultiBinary:
    def __init__(self, n):
        self.n = n


class Dict:
    def __init__(self, spaces):
        self.spaces = dict(sorted(spaces.items()))


class Tuple:
    def __init__(self, spaces):
        self.spaces = tuple(spaces)


class Sequence:
    pass


class Text:
    pass


class CartPole:
    """The rules of Barto, Sutton and Anderson's cart-pole as Gymnasium's CartPole-v1 has them."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 50}
    observation_space = Box([-4.8, -math.inf, -0.41887903, -math.inf], [4.8, math.inf, 0.41887903, math.inf])
    action_space = Discrete(2)

    def __init__(self, limit=500, render_mode=None):
        self.limit, self.render_mode = limit, render_mode
        self.random = random.Random()

    def reset(self, seed=None, options=None):
        if seed is not None:
            self.random = random.Random(seed)
        self.state = [self.random.uniform(-0.05, 0.05) for _ in range(4)]
        self.steps = 0
        return list(self.state), {}

    def step(self, action):
        x, v, angle, spin = self.state
        sine, cosine = math.sin(angle), math.cos(angle)
        push = ((10.0 if action == 1 else -10.0) + 0.05 * spin * spin * sine) / 1.1
        turn = (9.8 * sine - cosine * push) / (0.5 * (4.0 / 3.0 - 0.1 * cosine * cosine / 1.1))
        gain = push - 0.05 * turn * cosine / 1.1
        self.state = [x + 0.02 * v, v + 0.02 * gain, angle + 0.02 * spin, spin + 0.02 * turn]
        self.steps += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * 2 * math.pi / 360
        return list(self.state), 1.0, fallen, self.steps >= self.limit, {}

    def render(self):
        column = min(299, max(0, int(150 + 60 * self.state[0])))
        return [[[255, 0, 0] if abs(each - column) < 3 else [255, 255, 255] for each in range(300)] for _ in range(100)]


class Echo:
    """Shows its last action; spaces by name. Prints to standard output, which must not reach the conversation."""

    def __init__(self, observation="box", action="box", shown=None):
        self.observation_space, self.shown = OBSERVATIONS[observation]
        self.action_space = ACTIONS[action]
        if shown is not None:
            self.shown = shown

    def reset(self, seed=None, options=None):
        print("printed to standard output")
        os.write(1, b"written to descriptor 1\n")
        return self.shown, {}

    def step(self, action):
        sys.stderr.write(f"action {action!r}\n")
        return self.shown, float(ACTION_CODES.get(repr(action), -1)), False, False, {}


IMAGE = [[[row + column + channel for channel in range(3)] for column in range(2)] for row in range(4)]
OBSERVATIONS = {
    "box": (Box([-1.0, -2.0], [1.0, 2.0]), [0.5, -1.5]),
    "image": (Box(0, 255, (4, 2, 3)), IMAGE),
    "scalar": (Box(0, 1, ()), 0.25),
    "discrete": (Discrete(3, start=5), 6),
    "multi-discrete": (MultiDiscrete([2, 3]), [1, 2]),
    "multi-binary": (MultiBinary(3), [1, 0, 1]),
    "nested": (Dict({"b": Tuple([Discrete(2), Box([0.0], [9.0])]), "a": Box([0.0, 0.0], [1.0, 1.0])}), {"a": [0.1, 0.2], "b": (1, [7.0])}),
    "goal": (Dict({"observation": Box(-9, 9, (3,)), "desired_goal": Box(-9, 9, (2,)), "achieved_goal": Box(-9, 9, (2,))}),
             {"observation": [1, 2, 3], "desired_goal": [4, 5], "achieved_goal": [6, 7]}),
    "sequence": (Dict({"inventory": Sequence(), "place": Discrete(2)}), None),
    "text": (Text(), None),
    "unknown": (object(), None),
    "upside-down": (Box([1.0], [0.0]), [0.0]),
}
ACTIONS = {
    "box": Box([-1.0, -1.0], [1.0, 1.0]),
    "unbounded": Box([-math.inf], [math.inf]),
    "discrete": Discrete(3, start=-1),
    "multi-discrete": MultiDiscrete([2, 3]),
    "multi-binary": MultiBinary(2),
    "many": MultiDiscrete([100, 100]),
    "tuple": Tuple([Discrete(2), MultiBinary(2)]),
    "boxes": Dict({"arm": Box(-1, 1, (2,)), "base": Box([0.0], [2.0])}),
    "mixed": Dict({"steer": Box([-1.0], [1.0]), "gear": Discrete(3)}),
}
# What the environment should have been given, with the reward that says so.
ACTION_CODES = {
    "[0.5, -0.25]": 1, "-1": 2, "1": 3, "[1, 0]": 4, "[1, 2]": 5, "[0, 1]": 6, "(1, [1, 0])": 7, "{'arm': [0.5, -0.25], 'base': [1.5]}": 8,
}


class Faulty:
    """Goes wrong at the step that its argument names."""

    observation_space = Box([-1.0, -1.0], [1.0, 1.0])
    action_space = Discrete(2)

    def __init__(self, fault, when=3):
        if fault == "constructor":
            raise ValueError("no such level: 99")
        self.fault, self.when = fault, when
        if fault == "unsaveable":
            self.generator = (each for each in "abc")

    def reset(self, seed=None, options=None):
        self.steps = 0
        if self.fault == "reset":
            raise RuntimeError("the maze has no exit")
        if self.fault == "old-reset":
            return [0.0, 0.0]
        return [0.0, 0.0], {}

    def step(self, action):
        self.steps += 1
        if self.steps < self.when:
            return [self.steps / 100, 0.0], 1.0, False, False, {}
        return getattr(self, "step_" + self.fault.replace("-", "_"))()

    def step_unsaveable(self):
        return [self.steps / 100, 0.0], 1.0, False, False, {}

    def step_exception(self):
        return self.deep_inside([])

    def deep_inside(self, values):
        return values[7]

    def step_exit(self):
        sys.exit("enough")

    def step_end(self):
        sys.stderr.write("the engine broke down\n")
        os._exit(3)

    def step_hang(self):
        sys.stderr.write(f"hangs in process {os.getpid()}\n")
        time.sleep(1000)

    def step_nan(self):
        return [0.0, math.nan], 1.0, False, False, {}

    def step_shape(self):
        return [0.0, 0.0, 0.0], 1.0, False, False, {}

    def step_words(self):
        return ["left", "right"], 1.0, False, False, {}

    def step_reward(self):
        return [0.0, 0.0], "much", False, False, {}

    def step_endless_reward(self):
        return [0.0, 0.0], math.inf, False, False, {}

    def step_flag(self):
        return [0.0, 0.0], 1.0, None, False, {}

    def step_old_step(self):
        return [0.0, 0.0], 1.0, False, {}

    def step_outside(self):
        return [2.0, 0.0], 1.0, False, False, {}


class Memory:
    """Counts on over episodes, draws from its own generator and from Python's."""

    observation_space = Box(-1e6, 1e6, (3,))
    action_space = Discrete(2)

    def __init__(self):
        self.total = 0

    def reset(self, seed=None, options=None):
        self.random = random.Random(seed)
        return self.shown(), {}

    def step(self, action):
        self.total += 1 + int(action)
        return self.shown(), random.random(), self.random.random() < 0.1, False, {}

    def shown(self):
        return [self.total, self.random.random(), random.random()]


class Lives:
    """Loses a life with action 1; over after three."""

    observation_space = Box(0, 3, (1,))
    action_space = Discrete(2)

    def reset(self, seed=None, options=None):
        self.left = 3
        return [self.left], {"lives": self.left}

    def step(self, action):
        self.left -= int(action)
        return [self.left], 1.0, self.left == 0, False, {"lives": self.left}


class ArcadeSpec:
    max_episode_steps, reward_threshold = 402, None


class Arcade:
    """As much of an Atari game as its preparation asks for: three lives, each of which waits for FIRE.

    In play RIGHT pays 1 a frame and LEFT costs a life. Odd frames show a red pixel in the first corner, even ones a white pixel in the last.
    The actions it was given are written to the file `log`.
    """

    metadata = {"render_modes": [], "render_fps": 60}
    spec = ArcadeSpec()
    action_space = Discrete(4)

    def __init__(self, rows=6, columns=4, frameskip=1, repeat_action_probability=0.0, fires=True, grey=False, arrays=False, log=None):
        self.rows, self.columns, self._frameskip, self.fires, self.grey, self.arrays, self.log = rows, columns, frameskip, fires, grey, arrays, log
        self.observation_space = Box(0, 255, (rows, columns) if grey else (rows, columns, 3))
        self.frame, self.left, self.waits = 0, 3, fires

    def get_action_meanings(self):
        return ["NOOP", "FIRE", "RIGHT", "LEFT"] if self.fires else ["NOOP", "UP", "RIGHT", "LEFT"]

    def note(self, text):
        if self.log is not None:
            with open(self.log, "a") as file:
                file.write(text)

    def reset(self, seed=None, options=None):
        self.note("|")
        self.frame, self.left, self.waits = 0, 3, self.fires
        return self.seen(), {"lives": self.left}

    def step(self, action):
        self.note(str(int(action)))
        self.frame += 1
        plays = not self.waits
        self.waits = self.waits and action != 1
        if plays and action == 3:
            self.left, self.waits = self.left - 1, self.fires
        return self.seen(), float(plays and action == 2), self.left == 0, False, {"lives": self.left}

    def seen(self):
        black, red, white = (0, 120, 255) if self.grey else ([0, 0, 0], [255, 0, 0], [255, 255, 255])
        picture = [[black] * self.columns for _ in range(self.rows)]
        if self.frame % 2:
            picture[0][0] = red
        else:
            picture[-1][-1] = white
        if not self.arrays:
            return picture
        import numpy
        return numpy.array(picture, dtype="uint8")


class EzPickle:
    """As Gymnasium's: a copy is made anew from what the constructor was given."""

    def __getstate__(self):
        return {}

    def __setstate__(self, state):
        self.__dict__.update(type(self)().__dict__)


class Reconstructed(Memory, EzPickle):
    pass


class NoSpaces:
    def reset(self, seed=None, options=None):
        return [], {}

    def step(self, action):
        return [], 0.0, False, False, {}


NOT_CALLABLE = 3
