namespace IntrinsicLab.Core.Search;

/// <summary>Chooses configurations, one after another.</summary>
internal interface ISampler
{
    /// <summary>Coordinates of the next configuration; null when there is none left.</summary>
    /// <param name="trials">The trials so far, with the results known at this moment of the search's clock.</param>
    /// <param name="tried">Keys of their configurations: none comes twice.</param>
    double[]? Next(IReadOnlyList<SweepTrial> trials, IReadOnlySet<string> tried);
}
