using System.Globalization;

namespace IntrinsicLab.Web.Components;

/// <summary>Seeds as people type them: 5 for five of them, 1-5 or 2, 3, 9 for these.</summary>
internal static class SeedWords
{
    /// <summary>The most that one text may name.</summary>
    public const int Most = 1000;

    /// <summary>Reads a count or a list; null where it is neither.</summary>
    public static (int? Count, IReadOnlyList<int> List)? Read(string text)
    {
        if (int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return count is >= 1 and <= Most ? (count, []) : null;
        var seeds = new List<int>();
        foreach (var part in text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-', '–');
            if (ends.Length > 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last < first || last - first >= Most)
                return null;
            for (var seed = (long)first; seed <= last; seed++)
                seeds.Add((int)seed);
        }
        return seeds.Count is > 0 and <= Most && seeds.Distinct().Count() == seeds.Count ? (null, seeds) : null;
    }

    /// <summary>1-5, 9.</summary>
    public static string Write(IEnumerable<int> seeds)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var seed in seeds)
            if (ranges.Count > 0 && ranges[^1].Last == (long)seed - 1)
                ranges[^1] = (ranges[^1].First, seed);
            else
                ranges.Add((seed, seed));
        return string.Join(", ", ranges.Select(range => range.Last == range.First ? $"{range.First}"
            : range.Last == range.First + 1 ? $"{range.First}, {range.Last}" : $"{range.First}-{range.Last}"));
    }
}
