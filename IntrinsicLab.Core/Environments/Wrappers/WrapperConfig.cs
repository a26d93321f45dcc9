using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>Changes that any environment can be given; they are parameters beside the environment's own.</summary>
public sealed record WrapperConfig
{
    /// <summary>Steps after which an episode is truncated; 0 keeps the environment's own limit.</summary>
    [Range(0, 10_000_000), Unit("steps"), Group("Wrappers")]
    public int TimeLimit { get; init; }

    /// <summary>The reward is withheld and paid as a sum every this many steps and at the end of an episode; 1 pays at once.</summary>
    [Range(1, 100_000), Unit("steps"), Group("Wrappers")]
    public int Delay { get; init; } = 1;

    /// <summary>Factor on every reward.</summary>
    [Range(-1e6, 1e6), Group("Wrappers")]
    public double RewardScale { get; init; } = 1;
}
