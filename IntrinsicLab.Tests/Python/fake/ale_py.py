"""Registers the games that plans name, as the package of this name does."""
import gymnasium

for game in ("Amidar", "Asterix", "BeamRider", "Breakout", "MsPacman", "Qbert", "Seaquest", "SpaceInvaders"):
    gymnasium.register(f"ALE/{game}-v5", "worlds:Arcade")
