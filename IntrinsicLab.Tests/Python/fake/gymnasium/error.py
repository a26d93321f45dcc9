class UnregisteredEnv(Exception):
    pass


class NameNotFound(UnregisteredEnv):
    pass
