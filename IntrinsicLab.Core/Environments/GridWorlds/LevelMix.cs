using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>Which families of worlds a mix has.</summary>
public enum LevelSuite
{
    /// <summary>Five grids of 4 to 6 cells square, small random levels, and chains of 5 to 40 steps with and without noise.</summary>
    Small,

    /// <summary>
    /// The small ones, sparse grids of 7 to 10 cells square and random levels of 6 to 8, in both of which lives last three times as long; chains
    /// are drawn three times as often as grids.
    /// </summary>
    Wide,

    /// <summary>Chains of 5 to 40 steps, with and without noise.</summary>
    Chains,

    /// <summary>The five grids and four chains of the article, at their size.</summary>
    Paper,
}

/// <summary>Parameters of <see cref="LevelMix"/>.</summary>
public sealed record LevelMixConfig
{
    /// <summary>Which families of worlds there are.</summary>
    [Group("Worlds")]
    public LevelSuite Suite { get; init; } = LevelSuite.Small;

    /// <summary>The world that is played, shown and evaluated in is drawn from it once, family and all; a meta-learner draws its own.</summary>
    [Range(0, int.MaxValue), Group("Worlds")]
    public int LayoutSeed { get; init; }
}

/// <summary>
/// Grids and chains of several families, to learn an update rule on: a meta-learner draws a world for each lifetime, anyone else meets one of
/// them.
/// <para>Actions: 9 moves in a grid, 2 in a chain.</para>
/// <para>Observation: the state one-hot, as grid-tabular and delayed-chain have it.</para>
/// <para>Reward: that of the object collected in a grid; 1 or −1 on the last step of a chain, by the first action.</para>
/// <para>Start: as in the world that was drawn. Terminated: as there. Time limit of the family.</para>
/// <para>Source: Oh et al. 2020, appendix A, families drawn evenly but for the chains of wide. The small and medium grids are reductions of
/// our own; their random levels are those of Jackson et al. 2023 at their smallest and middle size, with 9 moves and a fixed start.</para>
/// </summary>
public sealed class LevelMix : IEnvironment, ITabular
{
    private readonly IEnvironment world;

    /// <summary>Draws the world.</summary>
    public LevelMix(LevelMixConfig config)
    {
        var families = Families(config.Suite);
        var rng = new Rng((ulong)config.LayoutSeed).Split("layout");
        var level = families[rng.NextInt(families.Count)].Draw(rng);
        world = level is GridLevel grid ? new GridTabular(grid) : new DelayedChain((ChainLevel)level);
        Spec = world.Spec with { Families = families };
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; }

    /// <inheritdoc/>
    public int States => ((ITabular)world).States;

    /// <inheritdoc/>
    public int State => ((ITabular)world).State;

    /// <inheritdoc/>
    public IReadOnlyList<(int State, double Probability)> Starts => ((ITabular)world).Starts;

    /// <inheritdoc/>
    public void Outcomes(int state, int action, List<Outcome> outcomes) => ((ITabular)world).Outcomes(state, action, outcomes);

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation) => world.Reset(rng, observation);

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation) => world.Step(action, observation);

    /// <inheritdoc/>
    public void Save(BinaryWriter writer) => world.Save(writer);

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng) => world.Load(reader, rng);

    /// <inheritdoc/>
    public Scene? Render() => world.Render();

    /// <inheritdoc/>
    public void Dispose() => world.Dispose();

    private static IReadOnlyList<LevelFamily> Families(LevelSuite suite) => suite switch
    {
        LevelSuite.Chains =>
        [
            LevelFamilies.Chain("chain", "Chain", 5, 40, noisy: false),
            LevelFamilies.Chain("noisy-chain", "Noisy chain", 5, 40, noisy: true),
        ],
        LevelSuite.Small =>
        [
            Nine(GridConfiguration.SmallDense), Nine(GridConfiguration.SmallSparse), Nine(GridConfiguration.SmallLongHorizon),
            Nine(GridConfiguration.SmallLongerHorizon), Nine(GridConfiguration.SmallLongDense),
            LevelFamilies.Grid(GridConfiguration.RandomLevelSmall, GridActionSet.NineMoves, GridStart.Fixed),
            .. Families(LevelSuite.Chains),
        ],
        LevelSuite.Wide =>
        [
            .. Families(LevelSuite.Small).Select(family => family.First ? family with { Share = 3 } : family),
            Nine(GridConfiguration.MediumSparse) with { LifeFactor = 3 },
            LevelFamilies.Grid(GridConfiguration.RandomLevelMedium, GridActionSet.NineMoves, GridStart.Fixed) with { LifeFactor = 3 },
        ],
        _ =>
        [
            Nine(GridConfiguration.Dense), Nine(GridConfiguration.Sparse), Nine(GridConfiguration.LongHorizon),
            Nine(GridConfiguration.LongerHorizon), Nine(GridConfiguration.LongDense),
            .. new[] { ChainConfiguration.Short, ChainConfiguration.ShortNoisy, ChainConfiguration.Long, ChainConfiguration.LongNoisy }
                .Select(chain => LevelFamilies.Chain(chain)),
        ],
    };

    private static LevelFamily Nine(GridConfiguration configuration) => LevelFamilies.Grid(configuration, GridActionSet.NineMoves);
}
