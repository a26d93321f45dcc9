using System.Globalization;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// A number over the states: on the planes that a world names (<see cref="EnvironmentSpec.Maps"/>), or, where it names none and shows a short
/// vector, over its first two components that move.
/// </summary>
internal static class StateMapFigures
{
    private const int LongestVector = 16;

    /// <summary>One figure for each plane.</summary>
    /// <param name="id">Id of the first; those of others have a number behind it.</param>
    /// <param name="title">Title; a plane's own name follows it.</param>
    /// <param name="caption">Caption; a sentence about the plane may follow it.</param>
    /// <param name="valueLabel">What the colour means, with its unit.</param>
    /// <param name="diverging">Zero is special.</param>
    /// <param name="lately">What the policy saw lately, [N, O].</param>
    /// <param name="experience">The world.</param>
    /// <param name="of">The number where the policy sees this.</param>
    public static IEnumerable<HeatFigure> Of(
        string id, string title, string caption, string valueLabel, bool diverging, ReadOnlySpan<float> lately, Experience experience, Func<float[], double> of)
    {
        var spec = experience.Batch.Spec;
        IReadOnlyList<StateMap> maps = spec.Maps.Count > 0 ? spec.Maps : FirstThatMove(spec.Observation, lately) is { } plane ? [plane] : [];
        return Of(id, title, caption, valueLabel, diverging, maps, spec.Maps.Count > 0, Means(lately, spec.Observation.Size), experience, of);
    }

    private static IEnumerable<HeatFigure> Of(
        string id, string title, string caption, string valueLabel, bool diverging, IReadOnlyList<StateMap> maps, bool own, double[] means,
        Experience experience, Func<float[], double> of)
    {
        foreach (var (number, map) in maps.Index())
        {
            var (columns, rows) = (map.X.Centres, map.Y.Centres);
            var values = new double[rows.Count * columns.Count];
            var someAreMeans = false;
            for (var place = 0; place < values.Length; place++)
            {
                var raw = new float[means.Length];
                Array.Fill(raw, float.NaN);
                if (!map.Observe(columns[place % columns.Count], rows[place / columns.Count], 0, raw))
                {
                    values[place] = double.NaN;
                    continue;
                }
                var seen = own ? experience.Seen(raw).ToArray() : raw;
                for (var index = 0; index < seen.Length; index++)
                    if (float.IsNaN(seen[index]))
                        (seen[index], someAreMeans) = ((float)means[index], true);
                values[place] = of(seen);
            }
            yield return new HeatFigure(
                number == 0 ? id : $"{id}-{number + 1}", map.Name.Length > 0 ? $"{title}, {map.Name}" : title,
                someAreMeans ? $"{caption} What else is observed is at the last rollout's mean." : caption,
                new(map.X.Label), new(map.Y.Label), columns, rows, values, valueLabel)
            {
                Diverging = diverging,
                Map = map.Grid,
                Overlay = [.. map.Places.Select(at => new FigureSeries(at.Name, [at.X], [at.Y]) { Points = true })],
            };
        }
    }

    // In the numbers that the policy sees: where they are normalised, the world's own cannot be had back.
    private static StateMap? FirstThatMove(Box observation, ReadOnlySpan<float> lately)
    {
        if (observation.Shape is not [> 1 and <= LongestVector] || !lately.ContainsAnyExcept(0, 1))
            return null;
        var size = observation.Size;
        var (low, high) = (new float[size], new float[size]);
        Array.Fill(low, float.PositiveInfinity);
        Array.Fill(high, float.NegativeInfinity);
        for (var index = 0; index < lately.Length; index++)
        {
            low[index % size] = Math.Min(low[index % size], lately[index]);
            high[index % size] = Math.Max(high[index % size], lately[index]);
        }
        int[] moving = [.. Enumerable.Range(0, size).Where(index => high[index] > low[index]).Take(2)];
        return moving is [var first, var second] ? StateMap.Plane(first, Axis(first), second, Axis(second)) : null;

        MapAxis Axis(int index) => MapAxis.Between(
            string.Create(CultureInfo.InvariantCulture, $"observation {index + 1}, as the policy sees it"), low[index], high[index]);
    }

    private static double[] Means(ReadOnlySpan<float> lately, int size)
    {
        var (means, rows) = (new double[size], lately.Length / size);
        for (var index = 0; index < lately.Length; index++)
            means[index % size] += (double)lately[index] / rows;
        return means;
    }
}
