using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>Changes that any environment can be given; they are parameters beside the environment's own.</summary>
public sealed record WrapperConfig
{
    /// <summary>Steps after which an episode is truncated; 0 keeps the environment's own limit.</summary>
    [Range(0, 10_000_000), Unit("steps"), Group("Wrappers")]
    public int TimeLimit { get; init; }

    /// <summary>Observations shown at once, the latest and those before it; 1 shows the latest alone.</summary>
    [Range(1, 64), Group("Wrappers")]
    public int FrameStack { get; init; } = 1;

    /// <summary>Values added to a vector observation that are noise on every step, to tempt curiosity; 0 for none.</summary>
    [Range(0, 10_000), Group("Wrappers")]
    public int NoisyChannels { get; init; }

    /// <summary>Ends the learner's episode at every lost life, in games that tell of lives. Scores stay those of whole games.</summary>
    [Group("Wrappers")]
    public bool EpisodicLife { get; init; }

    /// <summary>Factor on every reward.</summary>
    [Range(-1e6, 1e6), Group("Wrappers")]
    public double RewardScale { get; init; } = 1;

    /// <summary>Shows the learner the sign of every reward. Scores stay those of the true rewards.</summary>
    [Group("Wrappers")]
    public bool RewardSign { get; init; }

    /// <summary>The reward is withheld and paid as a sum every this many steps and at the end of an episode; 1 pays at once.</summary>
    [Range(1, 100_000), Unit("steps"), Group("Wrappers")]
    public int Delay { get; init; } = 1;

    /// <summary>
    /// Where the learner normalises rewards, the delay comes after that, as in the code released with LIRPG: the normaliser sees the rewards
    /// as they fall. Otherwise it sees the delayed ones.
    /// </summary>
    [Group("Wrappers")]
    public bool DelayAfterNormalisation { get; init; } = true;
}
