"""As much of Gymnasium's registry as the bridge uses, for tests on machines without it."""
import importlib

from . import envs, error

__version__ = "fake"
registry = {}


class Spec:
    def __init__(self, id, entry_point, max_episode_steps=None, reward_threshold=None):
        self.id, self.entry_point = id, entry_point
        self.max_episode_steps, self.reward_threshold = max_episode_steps, reward_threshold


def register(id, entry_point, **more):
    registry[id] = Spec(id, entry_point, **more)


def spec(id):
    if ":" in id:
        module, id = id.split(":")
        importlib.import_module(module)
    if id not in registry:
        raise error.NameNotFound(f"Environment `{id}` doesn't exist.")
    return registry[id]


def make(id, disable_env_checker=None, **arguments):
    found = spec(id)
    environment = envs.registration.load_env_creator(found.entry_point)(**arguments)
    environment.spec = found
    return environment


register("CartPole-v1", "worlds:CartPole", max_episode_steps=500, reward_threshold=475.0)
