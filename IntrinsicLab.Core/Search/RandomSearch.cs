namespace IntrinsicLab.Core.Search;

/// <summary>
/// Independent draws from the space, without repetition (Bergstra and Bengio, "Random search for hyper-parameter optimization", 2012): better than
/// a grid wherever some parameters matter far more than others, because every trial has values of its own for those that do. A value of a
/// linear range is uniform in [low, high], of a logarithmic one exp(u) with u uniform in [ln low, ln high]; whole numbers are the nearest to a
/// draw from the range widened by one half on both sides.
/// </summary>
internal sealed class RandomSearch(SearchSpace space, Rng rng) : ISampler
{
    // After so many draws in vain a space with an end is walked through; one without has hardly anything left.
    private const int MostDraws = 200;
    private const long LargestWalk = 1_000_000;

    public double[]? Next(IReadOnlyList<SweepTrial> trials, IReadOnlySet<string> tried)
    {
        // A stream for each trial: what one draws does not move the others.
        var stream = rng.Split("trial", trials.Count);
        for (var draw = 0; draw < MostDraws; draw++)
        {
            var point = Draw(stream);
            if (IsFree(point))
                return point;
        }
        if (space.Size is not { } size || size > LargestWalk)
            return null;
        var start = stream.NextInt((int)size);
        for (var index = 0; index < size; index++)
            if (space.PointAt((start + index) % size) is var point && IsFree(point))
                return point;
        return null;

        bool IsFree(double[] point)
        {
            var values = space.ValuesOf(point);
            return !tried.Contains(SearchSpace.KeyOf(values)) && space.Accepts?.Invoke(values) != false;
        }
    }

    /// <summary>One draw, with no regard to what was tried.</summary>
    public double[] Draw(Rng stream) => [.. space.Dimensions.Select(dimension => dimension.At(stream.NextDouble()))];
}
