"""A package that registers an id when it is imported."""
import gymnasium

gymnasium.register("Third/Pole-v0", "worlds:CartPole", max_episode_steps=200)
