using IntrinsicLab.Core.Environments.GridWorlds;

namespace IntrinsicLab.Core.Analyses;

/// <summary>The families that rules are tried in.</summary>
public static class TrialFamilies
{
    /// <summary>What the small suite of level-mix is made of, chains of 5 to 30 steps; lives of 400 updates.</summary>
    public static IReadOnlyList<TrialFamily> Small { get; } =
    [
        .. new[]
            {
                GridConfiguration.SmallDense, GridConfiguration.SmallSparse, GridConfiguration.SmallLongHorizon, GridConfiguration.SmallLongerHorizon,
                GridConfiguration.SmallLongDense,
            }.Select(grid => new TrialFamily(LevelFamilies.Grid(grid, GridActionSet.NineMoves), true, new TrialLength(), 12)),
        new(LevelFamilies.Grid(GridConfiguration.RandomLevelSmall, GridActionSet.NineMoves, GridStart.Fixed), true, new TrialLength(), 12),
        new(LevelFamilies.Chain("chain", "Chain", 5, 30, noisy: false), true, new TrialLength(), 12),
        new(LevelFamilies.Chain("noisy-chain", "Noisy chain", 5, 30, noisy: true), true, new TrialLength(), 12),
    ];

    /// <summary>The article's grids at their size; lives of 2,000 updates.</summary>
    public static IReadOnlyList<TrialFamily> Paper { get; } =
    [
        .. new[]
            {
                GridConfiguration.Dense, GridConfiguration.LongHorizon, GridConfiguration.LongerHorizon, GridConfiguration.LongDense,
                GridConfiguration.Sparse,
            }.Select(grid => new TrialFamily(LevelFamilies.Grid(grid, GridActionSet.NineMoves), false, new TrialLength(2000), 12)),
    ];

    /// <summary>Chains that no rollout of 20 steps spans, which only predictions can bring credit through; lives of 400 updates.</summary>
    public static IReadOnlyList<TrialFamily> LongChains { get; } =
        [new(LevelFamilies.Chain("long-chain", "Chain of 30 to 50 steps", 30, 50, noisy: false), false, new TrialLength(), 32)];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TrialFamily> All { get; } = [.. Small, .. Paper, .. LongChains];
}
