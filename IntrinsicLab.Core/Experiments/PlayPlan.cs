using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Experiments;

/// <summary>What it takes to play an environment by hand or at random: the part of a run's plan that is not about learning.</summary>
/// <param name="Environment">Makes it, its parameters and wrappers applied.</param>
/// <param name="Seed">Root of all randomness: that of the world and that of random actions.</param>
public sealed record PlayPlan(EnvironmentFactory Environment, int Seed)
{
    /// <summary>
    /// Reads <c>environmentParameters</c> and <c>seed</c>, adding every fault to <paramref name="problems"/>; null when there were any.
    /// </summary>
    /// <param name="entry">The environment.</param>
    /// <param name="members">The JSON object; other members are the caller's to take or refuse.</param>
    /// <param name="problems">Faults, each at its place.</param>
    public static PlayPlan? Read(EnvironmentEntry entry, Members members, List<Problem> problems)
    {
        var before = problems.Count;
        var seed = members.Whole("seed", 0, int.MaxValue) ?? 1;
        var pointer = members.At("environmentParameters");
        var json = members.Take("environmentParameters");
        if (entry.WhyUnavailable() is { } reason)
        {
            problems.Add(new("", $"{entry.Name} cannot run here: {reason}"));
            return null;
        }
        var world = World.Read(entry, json, pointer, problems);
        return problems.Count == before && world is not null
            ? new PlayPlan(EnvironmentCatalog.Factory(entry, world.Parameters, world.Wrappers), (int)seed)
            : null;
    }
}
