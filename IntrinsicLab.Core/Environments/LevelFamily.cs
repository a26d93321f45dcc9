namespace IntrinsicLab.Core.Environments;

/// <summary>Worlds of few states that differ in what their authors drew by chance: sizes, places, lengths.</summary>
/// <param name="Name">Kebab-case name, part of metrics' paths.</param>
/// <param name="Label">Name for people.</param>
/// <param name="Draw">Draws one; equal generators give equal worlds.</param>
public sealed record LevelFamily(string Name, string Label, Func<Rng, ITabularLevel> Draw)
{
    /// <summary>Credit over many steps and nothing else: what a rule is best taught first.</summary>
    public bool First { get; init; }

    /// <summary>Lives that a meta-learner begins here for each in a family of share 1.</summary>
    public int Share { get; init; } = 1;

    /// <summary>Lives of a meta-learner last that many times as long here as in other families: what larger worlds need.</summary>
    public int LifeFactor { get; init; } = 1;

    /// <summary>States of the largest world.</summary>
    public required int MostStates { get; init; }

    /// <summary>Most actions of a world.</summary>
    public required int MostActions { get; init; }
}
