import importlib


def load_env_creator(name):
    module, attribute = name.split(":")
    return getattr(importlib.import_module(module), attribute)
