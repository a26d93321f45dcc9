using System.Text.Json;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>Grids and chains as families to draw lifetimes' worlds from.</summary>
internal static class LevelFamilies
{
    /// <summary>Grids of one configuration.</summary>
    internal static LevelFamily Grid(
        GridConfiguration configuration, GridActionSet actions, GridStart start = GridStart.Random, GridMap? map = null)
    {
        // Walls and objects do not change how many states there can be, so that the largest extent has the most.
        var (cells, objects) = configuration switch
        {
            GridConfiguration.Dense or GridConfiguration.LongHorizon or GridConfiguration.LongDense => (121, 4),
            GridConfiguration.Sparse => (169, 2),
            GridConfiguration.LongerHorizon => (63, 7),
            GridConfiguration.SmallSparse => (36, 2),
            GridConfiguration.MediumSparse => (100, 2),
            GridConfiguration.SmallDense or GridConfiguration.SmallLongHorizon or GridConfiguration.SmallLongerHorizon
                or GridConfiguration.SmallLongDense => (36, 4),
            GridConfiguration.RandomLevelSmall => (36, 3),
            GridConfiguration.RandomLevelMedium => (64, 4),
            _ => (100, 5),
        };
        return new(JsonNamingPolicy.KebabCaseLower.ConvertName(configuration.ToString()), $"{InWords(configuration.ToString())} grid",
            rng => GridLevel.Draw(configuration, actions, rng, start, map))
        {
            MostStates = (map?.Cells ?? cells) << objects,
            MostActions = GridActions.Count(actions),
        };
    }

    /// <summary>Chains of one configuration.</summary>
    internal static LevelFamily Chain(ChainConfiguration configuration, int length = 0)
    {
        var longest = length > 0 ? length : configuration is ChainConfiguration.Long or ChainConfiguration.LongNoisy ? 50 : 30;
        return new($"{JsonNamingPolicy.KebabCaseLower.ConvertName(configuration.ToString())}-chain", $"{InWords(configuration.ToString())} chain",
            rng => ChainLevel.Draw(configuration, rng, length))
        {
            First = true,
            MostStates = 2 * longest - 1,
            MostActions = 2,
        };
    }

    /// <summary>Chains of a range of lengths.</summary>
    internal static LevelFamily Chain(string name, string label, int shortest, int longest, bool noisy) =>
        new(name, label, rng => new ChainLevel(shortest + rng.NextInt(longest - shortest + 1), rng.NextInt(2), noisy))
        {
            First = true,
            MostStates = 2 * longest - 1,
            MostActions = 2,
        };

    private static string InWords(string name)
    {
        var words = JsonNamingPolicy.KebabCaseLower.ConvertName(name).Replace('-', ' ');
        return char.ToUpperInvariant(words[0]) + words[1..];
    }
}
