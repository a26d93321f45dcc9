namespace IntrinsicLab.Core.Search;

/// <summary>
/// Every combination of the listed values, the last dimension running fastest. Each dimension has to have an end: a list, a range of whole
/// numbers, or a range with a count. Combinations that make no sense are left out.
/// </summary>
internal sealed class GridSearch(SearchSpace space) : ISampler
{
    private long next;

    public double[]? Next(IReadOnlyList<SweepTrial> trials, IReadOnlySet<string> tried)
    {
        while (next < space.Size)
        {
            var point = space.PointAt(next++);
            var values = space.ValuesOf(point);
            if (!tried.Contains(SearchSpace.KeyOf(values)) && space.Accepts?.Invoke(values) != false)
                return point;
        }
        return null;
    }
}
